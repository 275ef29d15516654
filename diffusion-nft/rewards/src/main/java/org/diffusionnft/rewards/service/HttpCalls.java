package org.diffusionnft.rewards.service;

import java.io.EOFException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.SocketException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.channels.UnresolvedAddressException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;
import javax.net.ssl.SSLException;
import org.diffusionnft.rewards.RewardOptions;
import org.diffusionnft.tensor.InvalidInputException;
import org.jspecify.annotations.Nullable;

/** POSTs JSON and receives JSON, one attempt each. */
final class HttpCalls implements AutoCloseable {
  private static final int REQUEST_TIMEOUT = 408;
  private static final int TOO_MANY_REQUESTS = 429;
  private static final int SERVER_ERRORS = 500;
  private static final long LONGEST_WAIT = 60;
  private static final int LONGEST_ANSWER_MIB = 16;

  /** Visible ASCII characters, with spaces between them. */
  private static final Pattern SENDABLE = Pattern.compile("[!-~](?:[ -~]*[!-~])?");

  /** Shorter values, such as {@code none} for a service without a key, also occur in answers. */
  private static final int SHORTEST_SECRET = 8;

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
   * Reads {@code timeoutSeconds} (60) and {@code apiKeyVariable}, the environment variable that
   * holds a key (none).
   *
   * @throws InvalidInputException if the address is invalid, or the variable is not set or its
   *     value cannot be sent; the message never contains the key
   */
  static HttpCalls to(String url, RewardOptions options) {
    URI address = address(url, options.reward());
    Duration timeout = options.seconds("timeoutSeconds", 60);
    return new HttpCalls(address, timeout, key(options));
  }

  private static @Nullable String key(RewardOptions options) {
    String variable = options.text("apiKeyVariable", "");
    if (variable.isEmpty()) {
      return null;
    }
    // If somebody gives the key itself here, it must not end up in a log.
    if (!variable.matches("[A-Za-z_][A-Za-z0-9_]*")) {
      throw new InvalidInputException(
          ("rewards.%s.apiKeyVariable must be the name of an environment variable, of letters,"
                  + " digits and _: put the key into that variable, not here")
              .formatted(options.reward()));
    }
    String key = System.getenv(variable);
    if (key == null) {
      throw new InvalidInputException(
          "reward '%s' takes its key from the environment variable %s, which is not set"
              .formatted(options.reward(), variable));
    }
    requireSendable(key, variable, options.reward());
    return key;
  }

  /** Checked here, because the HTTP client's error would show a key that it cannot send. */
  static void requireSendable(String key, String variable, String reward) {
    if (!SENDABLE.matcher(key).matches()) {
      throw new InvalidInputException(
          ("reward '%s' takes its key from the environment variable %s, which %s: set it to the key"
                  + " alone")
              .formatted(reward, variable, fault(key)));
    }
  }

  private static String fault(String key) {
    if (key.isBlank()) {
      return "is empty";
    }
    if (SENDABLE.matcher(key.strip()).matches()) {
      return "has a space or a line break at its %s"
          .formatted(key.stripTrailing().equals(key) ? "beginning" : "end");
    }
    return "has a character that no key can have, such as a line break or a letter outside of"
        + " ASCII";
  }

  private static URI address(String url, String reward) {
    try {
      URI uri = URI.create(url);
      if (uri.getHost() != null && String.valueOf(uri.getScheme()).matches("https?")) {
        if (uri.getRawUserInfo() != null) {
          throw new InvalidInputException(
              ("rewards.%s.url has a name or a password before an @, which are not sent: give a key"
                      + " by apiKeyVariable")
                  .formatted(reward));
        }
        return uri;
      }
    } catch (InvalidInputException e) {
      throw e;
    } catch (IllegalArgumentException _) {
      // reported below
    }
    throw new InvalidInputException(
        "rewards.%s.url must be an address such as http://127.0.0.1:8000/v1, not '%s'"
            .formatted(reward, shown(url)));
  }

  /** An address for messages, without parts that may be a password or a key. */
  static String shown(String url) {
    return url.replaceFirst("//[^/]*@", "//...@").replaceFirst("\\?.*", "?...");
  }

  /**
   * Makes one attempt.
   *
   * @return the body of the answer
   * @throws ServiceFailure if there is no complete answer in time, or its status is not 200
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
    HttpResponse<String> response = exchange(request.build());
    int status = response.statusCode();
    String body = response.body();
    boolean telling = tells(body);
    if (status == 200 && !telling) {
      return body;
    }
    if (status == 200) {
      throw ServiceFailure.lasting(
          "it answered with the key that it was sent: it is no service that gives scores");
    }
    String said = telling ? "its text has the key in it" : Questions.shown(body);
    String what = "it answered with status " + status + " (" + said + ")";
    boolean passing =
        status == REQUEST_TIMEOUT || status == TOO_MANY_REQUESTS || status >= SERVER_ERRORS;
    throw passing
        ? ServiceFailure.passing(what, requestedWait(response))
        : ServiceFailure.lasting(what);
  }

  /**
   * Limits the time of the whole exchange; the request's own limit covers only the answer's
   * headers.
   */
  private HttpResponse<String> exchange(HttpRequest request)
      throws IOException, InterruptedException {
    CompletableFuture<HttpResponse<String>> answer =
        client.sendAsync(request, BoundedText.of(LONGEST_ANSWER_MIB));
    try {
      return answer.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException _) {
      throw late();
    } catch (ExecutionException e) {
      throw failure(e);
    } finally {
      answer.cancel(true); // also if this thread was interrupted
    }
  }

  /** In our words: the client's messages name neither the request nor a remedy. */
  private ServiceFailure failure(ExecutionException e) {
    boolean refused = false;
    for (Throwable cause = e.getCause(); cause != null; cause = cause.getCause()) {
      switch (cause) {
        case ServiceFailure known -> {
          return known;
        }
        case HttpTimeoutException _ -> {
          return late();
        }
        case UnresolvedAddressException _ -> {
          return ServiceFailure.passing(
              "no machine has the name in that address: see that it is spelt right");
        }
        case ConnectException _ -> refused = true; // unless the cause is an unknown host name
        case SSLException _ -> {
          return ServiceFailure.passing(
              "no secure connection could be made: see that the service speaks https, and that this"
                  + " Java trusts its certificate");
        }
        case EOFException _ -> {
          return brokenOff();
        }
        case SocketException _ -> {
          return brokenOff();
        }
        default -> {} // look at its cause
      }
    }
    if (refused) {
      return ServiceFailure.passing("the connection was refused");
    }
    return ServiceFailure.passing(
        "what it answered is no HTTP that can be read: see that the url is that of the service,"
            + " with the right port, and what the service's own log says");
  }

  private static ServiceFailure brokenOff() {
    return ServiceFailure.passing(
        "the connection broke off before the whole answer had come: see what the service's own log"
            + " says");
  }

  private ServiceFailure late() {
    return ServiceFailure.passing("no whole answer within " + timeout.toMillis() / 1000.0 + " s");
  }

  /** Whether an answer contains our key; messages quote the beginning of answers. */
  private boolean tells(String body) {
    return key != null && key.length() >= SHORTEST_SECRET && body.contains(key);
  }

  /** The seconds of {@code Retry-After}; dates are ignored. */
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
