import io.modelcontextprotocol.client.transport.HttpClientSseClientTransport;
import java.net.URI;

/** The official Java SDK over the HTTP client of the JDK. */
final class JdkProgram {
	public static void main(String[] args) throws Exception {
		URI url = URI.create(args[0]);
		String origin = url.getScheme() + "://" + url.getAuthority();
		Lines.serve(new SdkClient(
				HttpClientSseClientTransport.builder(origin).sseEndpoint(url.getPath()).build()));
	}
}
