import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** Requests on stdin, a line each; answers and events on stdout. Texts travel as base64. */
final class Lines {
	/** What a program makes of its SDK. */
	interface Client {
		List<String> tools() throws Exception;

		String call(String name, boolean withProgress) throws Exception;

		void close() throws Exception;
	}

	private static final PrintStream OUT = new PrintStream(System.out, true, StandardCharsets.UTF_8);

	static void notified(Object data) {
		OUT.println("notified " + data);
	}

	static void progressed(double progress) {
		OUT.println("progressed " + (progress == Math.rint(progress) ? (long) progress + "" : progress + ""));
	}

	/** Carries out requests until stdin ends. */
	static void serve(Client client) throws Exception {
		OUT.println("ready");
		BufferedReader input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
		ExecutorService threads = Executors.newCachedThreadPool();
		for (String line = input.readLine(); line != null; line = input.readLine()) {
			String[] words = line.trim().split(" ");
			threads.execute(() -> OUT.println(words[0] + " " + outcome(client, words)));
		}
		System.exit(0);
	}

	private static String outcome(Client client, String[] words) {
		try {
			return "ok " + encoded(carryOut(client, words));
		} catch (Throwable error) {
			return "error " + encoded(error.toString());
		}
	}

	private static String carryOut(Client client, String[] words) throws Exception {
		switch (words[1]) {
			case "tools":
				return String.join(" ", client.tools());
			case "close":
				client.close();
				return "";
			default:
				return client.call(words[2], words[1].equals("progress"));
		}
	}

	private static String encoded(String text) {
		return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
	}
}
