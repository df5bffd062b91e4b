// An MCP server of the Go SDK: over stdio, or over Streamable HTTP at the address of its argument.
package main

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"os"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

type greeting struct {
	Name string `json:"name"`
}

func greet(_ context.Context, _ *mcp.CallToolRequest, in greeting) (*mcp.CallToolResult, any, error) {
	text := fmt.Sprintf("Hello, %s", in.Name)
	return &mcp.CallToolResult{Content: []mcp.Content{&mcp.TextContent{Text: text}}}, nil, nil
}

func roots(ctx context.Context, req *mcp.CallToolRequest, _ struct{}) (*mcp.CallToolResult, any, error) {
	listed, err := req.Session.ListRoots(ctx, nil)
	if err != nil {
		return nil, nil, err
	}
	text := ""
	for _, root := range listed.Roots {
		text += root.URI
	}
	return &mcp.CallToolResult{Content: []mcp.Content{&mcp.TextContent{Text: text}}}, nil, nil
}

func newServer() *mcp.Server {
	server := mcp.NewServer(&mcp.Implementation{Name: "go", Version: "1.0.0"}, nil)
	mcp.AddTool(server, &mcp.Tool{Name: "greet"}, greet)
	mcp.AddTool(server, &mcp.Tool{Name: "roots"}, roots)
	return server
}

func main() {
	if len(os.Args) < 2 {
		if err := newServer().Run(context.Background(), &mcp.StdioTransport{}); err != nil {
			log.Println(err)
		}
		return
	}
	handler := mcp.NewStreamableHTTPHandler(func(*http.Request) *mcp.Server { return newServer() }, nil)
	log.Fatal(http.ListenAndServe(os.Args[1], handler))
}
