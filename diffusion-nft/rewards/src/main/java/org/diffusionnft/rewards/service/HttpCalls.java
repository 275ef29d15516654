package org.diffusionnft.rewards.service;

import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import org.diffusionnft.rewards.RewardOptions;
import org.diffusionnft.tensor.InvalidInputException;
import org.jspecify.annotations.Nullable;

/** POSTs JSON and gets JSON, one attempt each. */
final class HttpCalls implements AutoCloseable {
  private static final int REQUEST_TIMEOUT = 408;
  private static final int TOO_MANY_REQUESTS = 429;
  private static final int SERVER_ERRORS = 500;
  private static final long LONGEST_WAIT = 60;
  private static final long LONGEST_ANSWER = 16 << 20;

  private final URI address;
  private final Duration timeout;
  private final @Nullable String key;
  private final HttpClient client;

  private HttpCalls(URI address, Duration timeout, @Nullable String key) {
    this.address = address;
    this.timeout = timeout;
    this.key = key;
    this.client = HttpClient.newBuilder().connectTimeout(timeout).build();
  }

  /**
   * Reads {@code timeoutSeconds} (60) and {@code apiKeyVariable}, the variable of the environment
   * that holds a key (none).
   *
   * @throws InvalidInputException if the address is none, or the variable is not set
   */
  static HttpCalls to(String url, RewardOptions options) {
    URI address = address(url, options.reward());
    Duration timeout = options.seconds("timeoutSeconds", 60);
    String variable = options.text("apiKeyVariable", "");
    String key = variable.isEmpty() ? null : System.getenv(variable);
    if (!variable.isEmpty() && key == null) {
      throw new InvalidInputException(
          "reward '%s' takes its key from the environment variable %s, which is not set"
              .formatted(options.reward(), variable));
    }
    return new HttpCalls(address, timeout, key);
  }

  private static URI address(String url, String reward) {
    try {
      URI uri = URI.create(url);
      if (uri.getHost() != null && String.valueOf(uri.getScheme()).matches("https?")) {
        return uri;
      }
    } catch (IllegalArgumentException _) {
      // reported below
    }
    throw new InvalidInputException(
        "rewards.%s.url must be an address such as http://127.0.0.1:8000/v1, not '%s'"
            .formatted(reward, url));
  }

  /**
   * One attempt.
   *
   * @return the body of the answer
   * @throws ServiceFailure if there is no answer in time, or one of another status than 200
   */
  String post(String json) throws IOException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(address)
            .timeout(timeout)
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(json));
    if (key != null) {
      request.header("Authorization", "Bearer " + key);
    }
    HttpResponse<String> response;
    try {
      response =
          client.send(
              request.build(),
              HttpResponse.BodyHandlers.limiting(
                  HttpResponse.BodyHandlers.ofString(), LONGEST_ANSWER));
    } catch (HttpTimeoutException e) {
      throw ServiceFailure.passing("no answer within " + timeout.toMillis() / 1000.0 + " s");
    } catch (ConnectException e) {
      throw ServiceFailure.passing("the connection was refused");
    }
    int status = response.statusCode();
    if (status == 200) {
      return response.body();
    }
    String what =
        "it answered with status " + status + " (" + Questions.shown(response.body()) + ")";
    boolean passing =
        status == REQUEST_TIMEOUT || status == TOO_MANY_REQUESTS || status >= SERVER_ERRORS;
    throw passing
        ? ServiceFailure.passing(what, requestedWait(response))
        : ServiceFailure.lasting(what);
  }

  /** What {@code Retry-After} says in seconds; dates are not read. */
  private static @Nullable Duration requestedWait(HttpResponse<?> response) {
    String text = response.headers().firstValue("Retry-After").orElse("");
    return text.matches("\\d{1,9}")
        ? Duration.ofSeconds(Math.min(Long.parseLong(text), LONGEST_WAIT))
        : null;
  }

  URI address() {
    return address;
  }

  @Override
  public void close() {
    client.shutdownNow();
  }
}
