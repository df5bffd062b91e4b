import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.mcp.client.DefaultMcpClient;
import dev.langchain4j.mcp.client.McpClient;
import dev.langchain4j.mcp.client.transport.http.HttpMcpTransport;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;

/** langchain4j. */
final class LangChain4jProgram implements Lines.Client {
	private final McpClient client;

	private LangChain4jProgram(String url) {
		client = new DefaultMcpClient.Builder()
				.transport(new HttpMcpTransport.Builder().sseUrl(url).timeout(Duration.ofSeconds(60)).build())
				.logHandler(message -> Lines.notified(message.data()))
				.build();
	}

	public static void main(String[] args) throws Exception {
		Lines.serve(new LangChain4jProgram(args[0]));
	}

	@Override
	public List<String> tools() {
		return client.listTools().stream().map(tool -> tool.name()).collect(Collectors.toList());
	}

	@Override
	public String call(String name, boolean withProgress) {
		ToolExecutionRequest request = ToolExecutionRequest.builder().name(name).arguments("{}").build();
		return client.executeTool(request).resultText();
	}

	@Override
	public void close() throws Exception {
		client.close();
	}
}
