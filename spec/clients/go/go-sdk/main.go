// A client of the official Go SDK.
package main

import (
	"context"
	"encoding/json"
	"os"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"clients/lines"
)

type program struct{ session *mcp.ClientSession }

func main() {
	client := mcp.NewClient(&mcp.Implementation{Name: "go-sdk", Version: "1"}, &mcp.ClientOptions{
		LoggingMessageHandler: func(_ context.Context, request *mcp.LoggingMessageRequest) {
			lines.Notified(request.Params.Data)
		},
		ProgressNotificationHandler: func(_ context.Context, request *mcp.ProgressNotificationClientRequest) {
			lines.Progressed(request.Params.Progress)
		},
	})
	transport := &mcp.SSEClientTransport{Endpoint: os.Args[1]}
	session, err := client.Connect(context.Background(), transport, nil)
	if err != nil {
		lines.Fail(err)
	}
	lines.Serve(program{session})
}

func (p program) Tools() ([]string, error) {
	result, err := p.session.ListTools(context.Background(), nil)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, tool := range result.Tools {
		names = append(names, tool.Name)
	}
	return names, nil
}

func (p program) Call(name string, withProgress bool) (string, error) {
	params := &mcp.CallToolParams{Name: name}
	if withProgress {
		params.Meta = mcp.Meta{}
		params.SetProgressToken("1")
	}
	result, err := p.session.CallTool(context.Background(), params)
	if err != nil {
		return "", err
	}
	if text, ok := result.Content[0].(*mcp.TextContent); ok {
		return text.Text, nil
	}
	other, err := json.Marshal(result)
	return string(other), err
}

func (p program) Close() error { return p.session.Close() }
