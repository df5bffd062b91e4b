// A client of mcp-go.
package main

import (
	"context"
	"encoding/json"
	"os"

	"github.com/mark3labs/mcp-go/client"
	"github.com/mark3labs/mcp-go/mcp"

	"clients/lines"
)

type program struct{ client *client.Client }

func main() {
	ctx := context.Background()
	sse, err := client.NewSSEMCPClient(os.Args[1])
	if err != nil {
		lines.Fail(err)
	}
	sse.OnNotification(func(notification mcp.JSONRPCNotification) {
		fields := notification.Params.AdditionalFields
		switch notification.Method {
		case "notifications/message":
			lines.Notified(fields["data"])
		case "notifications/progress":
			progress, _ := fields["progress"].(float64)
			lines.Progressed(progress)
		}
	})
	if err := sse.Start(ctx); err != nil {
		lines.Fail(err)
	}
	request := mcp.InitializeRequest{}
	request.Params.ProtocolVersion = mcp.LATEST_PROTOCOL_VERSION
	request.Params.ClientInfo = mcp.Implementation{Name: "mcp-go", Version: "1"}
	if _, err := sse.Initialize(ctx, request); err != nil {
		lines.Fail(err)
	}
	lines.Serve(program{sse})
}

func (p program) Tools() ([]string, error) {
	result, err := p.client.ListTools(context.Background(), mcp.ListToolsRequest{})
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
	request := mcp.CallToolRequest{}
	request.Params.Name = name
	if withProgress {
		request.Params.Meta = &mcp.Meta{ProgressToken: 1}
	}
	result, err := p.client.CallTool(context.Background(), request)
	if err != nil {
		return "", err
	}
	if text, ok := result.Content[0].(mcp.TextContent); ok {
		return text.Text, nil
	}
	other, err := json.Marshal(result)
	return string(other), err
}

func (p program) Close() error { return p.client.Close() }
