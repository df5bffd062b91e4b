import io.modelcontextprotocol.client.transport.WebFluxSseClientTransport;
import java.net.URI;
import org.springframework.web.reactive.function.client.WebClient;

/** The official Java SDK over Spring's WebClient. */
final class WebFluxProgram {
	public static void main(String[] args) throws Exception {
		URI url = URI.create(args[0]);
		WebClient.Builder client = WebClient.builder().baseUrl(url.getScheme() + "://" + url.getAuthority());
		Lines.serve(new SdkClient(
				WebFluxSseClientTransport.builder(client).sseEndpoint(url.getPath()).build()));
	}
}
