// Package lines speaks with the check that runs a client: requests on stdin, a line each, and
// answers and events on stdout. Texts travel as base64.
package lines

import (
	"bufio"
	"encoding/base64"
	"fmt"
	"os"
	"strings"
	"sync"
)

// Client is what a program makes of its SDK.
type Client interface {
	Tools() ([]string, error)
	Call(name string, withProgress bool) (string, error)
	Close() error
}

var mutex sync.Mutex

func say(format string, args ...any) {
	mutex.Lock()
	defer mutex.Unlock()
	fmt.Printf(format+"\n", args...)
}

// Notified tells of `data` of a notification.
func Notified(data any) { say("notified %v", data) }

// Progressed tells of a progress.
func Progressed(progress float64) { say("progressed %v", progress) }

// Fail tells why there is no client, and exits.
func Fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// Serve carries out requests until stdin ends.
func Serve(client Client) {
	say("ready")
	input := bufio.NewScanner(os.Stdin)
	for input.Scan() {
		words := strings.Fields(input.Text())
		go func() {
			text, err := carryOut(client, words[1:])
			if err != nil {
				say("%s error %s", words[0], encoded(err.Error()))
			} else {
				say("%s ok %s", words[0], encoded(text))
			}
		}()
	}
}

func carryOut(client Client, words []string) (string, error) {
	switch words[0] {
	case "tools":
		names, err := client.Tools()
		return strings.Join(names, " "), err
	case "call", "progress":
		return client.Call(words[1], words[0] == "progress")
	case "close":
		return "", client.Close()
	}
	return "", fmt.Errorf("what is %q?", words[0])
}

func encoded(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }
