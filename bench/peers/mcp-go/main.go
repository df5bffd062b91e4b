// The subject mcp-go: its own SSE server with the two tools, and the orders of the benchmark as
// lines of JSON on standard input and output (bench/server/orders.ts).
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"
)

type order struct {
	ID    int             `json:"id"`
	Name  string          `json:"name"`
	Takes json.RawMessage `json:"takes"`
}

type reply struct {
	ID     int    `json:"id"`
	Gives  any    `json:"gives"`
	Failed string `json:"failed,omitempty"`
}

func main() {
	var open atomic.Int64
	hooks := &server.Hooks{}
	hooks.AddOnRegisterSession(func(context.Context, server.ClientSession) { open.Add(1) })
	hooks.AddOnUnregisterSession(func(context.Context, server.ClientSession) { open.Add(-1) })
	mcpServer := newServer(hooks)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	go func() { panic(http.Serve(listener, server.NewSSEServer(mcpServer))) }()

	out := json.NewEncoder(os.Stdout)
	write := func(what reply) {
		if err := out.Encode(what); err != nil {
			os.Exit(0)
		}
	}
	write(reply{Gives: listener.Addr().(*net.TCPAddr).Port})
	w := &workshop{server: mcpServer, open: &open}
	in := bufio.NewScanner(os.Stdin)
	for in.Scan() {
		var o order
		if err := json.Unmarshal(in.Bytes(), &o); err != nil {
			panic(err)
		}
		gives, err := w.obey(o)
		if err != nil {
			write(reply{ID: o.ID, Failed: err.Error()})
		} else {
			write(reply{ID: o.ID, Gives: gives})
		}
	}
}

func newServer(hooks *server.Hooks) *server.MCPServer {
	s := server.NewMCPServer("echo", "1.0.0",
		server.WithToolCapabilities(true), server.WithHooks(hooks))
	s.AddTool(mcp.NewTool("echo", mcp.WithString("text", mcp.Required())),
		func(_ context.Context, r mcp.CallToolRequest) (*mcp.CallToolResult, error) {
			text, err := r.RequireString("text")
			if err != nil {
				return nil, err
			}
			return mcp.NewToolResultText(text), nil
		})
	s.AddTool(mcp.NewTool("fill",
		mcp.WithString("text", mcp.Required()), mcp.WithNumber("bytes", mcp.Required())),
		func(_ context.Context, r mcp.CallToolRequest) (*mcp.CallToolResult, error) {
			text, err := r.RequireString("text")
			if err != nil {
				return nil, err
			}
			bytes, err := r.RequireInt("bytes")
			if err != nil {
				return nil, err
			}
			return mcp.NewToolResultText(text + strings.Repeat("x", bytes-len(text))), nil
		})
	return s
}

type workshop struct {
	server *server.MCPServer
	open   *atomic.Int64
	// The ids of the sessions that messages go to.
	enrolled []string
	// How many messages each enrolled session was sent.
	seq int
}

func (w *workshop) obey(o order) (any, error) {
	switch o.Name {
	case "cpu":
		return cpuMicros()
	case "memory":
		return memory()
	case "count":
		return w.open.Load(), nil
	case "enrol":
		w.enrolled, w.seq = nil, 0
		return nil, json.Unmarshal(o.Takes, &w.enrolled)
	case "burst":
		var push struct{ Count, Bytes int }
		if err := json.Unmarshal(o.Takes, &push); err != nil {
			return nil, err
		}
		return nil, w.burst(push.Count, push.Bytes)
	}
	return nil, fmt.Errorf("not an order of this server: %s", o.Name)
}

// burst sends to each session on a goroutine of its own, as Go's programs do: one goroutine for
// all would wait for the slowest session.
func (w *workshop) burst(count, bytes int) error {
	each, first := count/len(w.enrolled), w.seq
	failures := make(chan error, len(w.enrolled))
	for number, id := range w.enrolled {
		go func() { failures <- w.send(id, number, first, first+each, bytes) }()
	}
	w.seq += each
	var failed error
	for range w.enrolled {
		if err := <-failures; err != nil {
			failed = err
		}
	}
	return failed
}

func (w *workshop) send(id string, number, first, end, bytes int) error {
	for seq := first; seq < end; seq++ {
		params := notification(number, seq, bytes)
		err := w.server.SendNotificationToSpecificClient(id, "notifications/message", params)
		// The package drops what finds 100 notifications waiting. Here it is sent again, after a
		// sleep: trying on and on would take the processors from what writes them.
		for errors.Is(err, server.ErrNotificationChannelBlocked) {
			time.Sleep(time.Millisecond)
			err = w.server.SendNotificationToSpecificClient(id, "notifications/message", params)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// The same as bench/messages.ts.
func notification(session, seq, bytes int) map[string]any {
	return map[string]any{"level": "info", "data": map[string]any{
		"session": 100_000 + session, "seq": 10_000_000 + seq, "pad": padFor(bytes),
	}}
}

var pads sync.Map

func padFor(bytes int) string {
	if known, ok := pads.Load(bytes); ok {
		return known.(string)
	}
	frame := `{"jsonrpc":"2.0","method":"notifications/message","params":` +
		`{"data":{"pad":"","seq":10000000,"session":100000},"level":"info"}}`
	pad := strings.Repeat("x", bytes-len(frame))
	pads.Store(bytes, pad)
	return pad
}

func cpuMicros() (int64, error) {
	var usage syscall.Rusage
	err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage)
	micros := func(t syscall.Timeval) int64 { return t.Sec*1_000_000 + int64(t.Usec) }
	return micros(usage.Utime) + micros(usage.Stime), err
}

func memory() (any, error) {
	runtime.GC()
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	rss, err := residentBytes()
	return map[string]any{"heapUsed": stats.HeapAlloc, "held": stats.HeapAlloc, "rss": rss}, err
}

// residentBytes is 0 where there is no /proc.
func residentBytes() (int, error) {
	statm, err := os.ReadFile("/proc/self/statm")
	if errors.Is(err, os.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	pages, err := strconv.Atoi(strings.Fields(string(statm))[1])
	return pages * os.Getpagesize(), err
}
