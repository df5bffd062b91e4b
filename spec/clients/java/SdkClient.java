import io.modelcontextprotocol.client.McpClient;
import io.modelcontextprotocol.client.McpSyncClient;
import io.modelcontextprotocol.spec.McpClientTransport;
import io.modelcontextprotocol.spec.McpSchema.CallToolRequest;
import io.modelcontextprotocol.spec.McpSchema.TextContent;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** A client of the official Java SDK over any of its transports. */
final class SdkClient implements Lines.Client {
	private final McpSyncClient client;

	SdkClient(McpClientTransport transport) {
		client = McpClient.sync(transport)
				.requestTimeout(Duration.ofSeconds(60))
				.loggingConsumer(message -> Lines.notified(message.data()))
				.progressConsumer(report -> Lines.progressed(report.progress()))
				.build();
		client.initialize();
	}

	@Override
	public List<String> tools() {
		return client.listTools().tools().stream().map(tool -> tool.name()).collect(Collectors.toList());
	}

	@Override
	public String call(String name, boolean withProgress) {
		CallToolRequest.Builder request = CallToolRequest.builder().name(name).arguments(Map.of());
		if (withProgress) request.progressToken("1");
		return ((TextContent) client.callTool(request.build()).content().get(0)).text();
	}

	@Override
	public void close() {
		client.closeGracefully();
	}
}
