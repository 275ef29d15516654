package org.diffusionnft.serve;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Function;
import org.diffusionnft.http.LocalServer;
import org.diffusionnft.rewards.WeightedRewards;
import org.diffusionnft.tensor.InvalidInputException;
import org.diffusionnft.weights.io.JsonFault;
import org.jspecify.annotations.Nullable;

/**
 * Answers {@code POST /v1/images/generations} and {@code GET /v1/models} as in OpenAI's API, {@code
 * POST /v1/rewards}, {@code /health}, {@code /metrics} and {@code /openapi.json}.
 */
public final class ImageServer implements AutoCloseable {
  private static final String JSON = "application/json";
  private static final String GENERATIONS = "/v1/images/generations";
  private static final String REWARDS = "/v1/rewards";
  private static final String MODELS = "/v1/models";
  private static final int LARGEST_REQUEST = 1 << 20;

  /** Enough for the largest accepted picture, uncompressed. */
  private static final int LARGEST_PICTURE = 24 << 20;

  /** Maximum number of JSON values in a request: each takes many times its bytes in memory. */
  private static final int MOST_TOKENS = 100_000;

  /**
   * How much of a rejected request is still read, since otherwise its client would not see the
   * answer.
   */
  private static final long MOST_DISCARDED = 128 << 20;

  private static final int UNAUTHORIZED = 401;
  private static final int TOO_MANY = 429;
  private static final long BEAT_MILLIS = 500;

  private static final ObjectMapper MAPPER =
      JsonMapper.builder(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder()
                          .maxStringLength(LARGEST_PICTURE)
                          .maxTokenCount(MOST_TOKENS)
                          .build())
                  .build())
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .build();

  private final LocalServer server;
  private final PictureMaker maker;
  private final @Nullable RewardScoring rewards;
  private final ApiKeys keys;
  private final Turns turns;
  private final Bodies bodies;
  private final Metrics metrics = new Metrics();
  private final AtomicInteger answering = new AtomicInteger();
  private final Consumer<Throwable> bugs;
  private final long created = Instant.now().getEpochSecond();

  /**
   * The server's settings.
   *
   * @param host {@link LocalServer#THIS_MACHINE} or another name or address of this machine
   * @param port 0 for any free one
   * @param waiting maximum number of waiting requests
   * @param limit time limit of a request, including waiting
   */
  public record Settings(String host, int port, int waiting, Duration limit) {}

  private ImageServer(
      LocalServer server,
      PictureMaker maker,
      @Nullable WeightedRewards rewards,
      ApiKeys keys,
      Settings settings,
      Bodies bodies,
      Consumer<Throwable> bugs) {
    this.server = server;
    this.maker = maker;
    this.rewards = rewards == null ? null : new RewardScoring(rewards);
    this.keys = keys;
    this.turns = new Turns(maker, settings.waiting(), settings.limit(), metrics);
    this.bodies = bodies;
    this.bugs = bugs;
  }

  /**
   * Starts the server.
   *
   * @param maker remains owned by the caller
   * @param rewards the rewards of {@code /v1/rewards}, or null for none; remains owned by the
   *     caller
   * @param keys the API keys
   * @param bugs receives failures that are not a client's fault
   * @throws IOException if the port is taken
   * @throws InvalidInputException if this machine does not have that address
   */
  public static ImageServer start(
      Settings settings,
      PictureMaker maker,
      @Nullable WeightedRewards rewards,
      ApiKeys keys,
      Consumer<Throwable> bugs)
      throws IOException {
    return start(settings, maker, rewards, keys, Bodies.inHeap(), bugs);
  }

  /** The same with another limit of bodies. */
  static ImageServer start(
      Settings settings,
      PictureMaker maker,
      @Nullable WeightedRewards rewards,
      ApiKeys keys,
      Bodies bodies,
      Consumer<Throwable> bugs)
      throws IOException {
    Duration answer = settings.limit().plusMinutes(1);
    LocalServer server =
        LocalServer.bind(
            settings.host(),
            settings.port(),
            new LocalServer.Bounds(Duration.ofSeconds(30), answer));
    ImageServer images = new ImageServer(server, maker, rewards, keys, settings, bodies, bugs);
    server.start(images::answer);
    return images;
  }

  /** Its address. */
  public String address() {
    return server.address();
  }

  /** Whether other machines can reach it. */
  public boolean isOpenToOthers() {
    return server.isOpenToOthers();
  }

  private void answer(HttpExchange exchange) {
    answering.incrementAndGet();
    String path = exchange.getRequestURI().getPath();
    try (exchange) {
      Headers headers = exchange.getResponseHeaders();
      headers.set("Cache-Control", "no-store");
      headers.set("X-Content-Type-Options", "nosniff");
      try {
        route(exchange, String.valueOf(path));
      } catch (BadRequestException e) {
        refuse(exchange, e);
      } catch (InvalidInputException e) {
        refuse(exchange, new BadRequestException(null, oneLine(e)));
      } catch (RuntimeException | Error e) {
        // The answer comes first: without memory, reporting may fail too.
        try {
          if (exchange.getResponseCode() < 0) {
            refuse(exchange, told(e));
          }
        } finally {
          bugs.accept(e);
        }
      }
    } catch (IOException e) {
      // the client has gone
    } catch (RuntimeException | Error e) {
      bugs.accept(e);
    } finally {
      metrics.answered(known(String.valueOf(path)), exchange.getResponseCode());
      answering.decrementAndGet();
    }
  }

  /** Only known paths are counted by name: arbitrary ones would fill the memory. */
  private static String known(String path) {
    return switch (path) {
      case GENERATIONS, REWARDS, MODELS, "/health", "/metrics", "/openapi.json" -> path;
      default -> path.startsWith(MODELS + "/") ? MODELS : "other";
    };
  }

  private void route(HttpExchange exchange, String path) throws IOException {
    // A key authenticates the client. Without keys, foreign web pages must not be able to send
    // requests.
    if (!keys.areNeeded() && !server.isMeant(exchange)) {
      throw new BadRequestException(
          421, null, "this server is called by a name or an address that is not its own");
    }
    boolean open = path.equals("/health") || path.equals("/openapi.json");
    String authorization = exchange.getRequestHeaders().getFirst("Authorization");
    if (!open && !keys.allow(authorization == null ? "" : authorization)) {
      throw new BadRequestException(
          UNAUTHORIZED, null, "a key is needed: send it as 'Authorization: Bearer KEY'");
    }
    switch (path) {
      case "/health" -> get(exchange, JSON, "{\"status\": \"ok\"}");
      case "/metrics" ->
          get(exchange, "text/plain; version=0.0.4; charset=utf-8", metrics.text(turns.length()));
      case "/openapi.json" -> get(exchange, JSON, openApi());
      case MODELS -> get(exchange, JSON, models().toString());
      case GENERATIONS -> generate(exchange);
      case REWARDS -> score(exchange);
      default -> {
        if (!path.startsWith(MODELS + "/")) {
          throw new BadRequestException(404, null, "there is nothing at this path");
        }
        get(exchange, JSON, model(path.substring(MODELS.length() + 1)).toString());
      }
    }
  }

  private static void get(HttpExchange exchange, String type, String text) throws IOException {
    String method = exchange.getRequestMethod();
    if (!method.equals("GET") && !method.equals("HEAD")) {
      exchange.getResponseHeaders().set("Allow", "GET, HEAD");
      throw new BadRequestException(405, null, "only GET and HEAD are answered here");
    }
    LocalServer.send(exchange, 200, type, List.of(text.getBytes(StandardCharsets.UTF_8)));
  }

  /** Reads a posted JSON object and then frees its body's memory. */
  private <T> T posted(HttpExchange exchange, int largest, Function<ObjectNode, T> reading)
      throws IOException {
    if (!exchange.getRequestMethod().equals("POST")) {
      exchange.getResponseHeaders().set("Allow", "POST");
      throw new BadRequestException(405, null, "only POST is answered here");
    }
    String type = exchange.getRequestHeaders().getFirst("Content-Type");
    if (type == null || !type.toLowerCase(Locale.ROOT).startsWith(JSON)) {
      throw new BadRequestException(415, null, "send Content-Type: application/json");
    }
    try (Bodies.Body body = bodies.read(exchange.getRequestBody(), announced(exchange), largest)) {
      return reading.apply(object(body));
    }
  }

  /** The announced length of a request; 0 if there is none, as for chunked transfer. */
  private static long announced(HttpExchange exchange) {
    String length = exchange.getRequestHeaders().getFirst("Content-Length");
    return length != null && length.matches("[0-9]{1,18}") ? Long.parseLong(length) : 0;
  }

  private static ObjectNode object(Bodies.Body body) {
    try {
      if (MAPPER.readTree(body.stream()) instanceof ObjectNode object) {
        return object;
      }
    } catch (JsonProcessingException e) {
      throw new BadRequestException(null, "the body is no JSON: " + JsonFault.of(e));
    } catch (IOException e) {
      throw new BadRequestException(null, "the body is no JSON: it is not UTF-8");
    }
    throw new BadRequestException(null, "the body must be a JSON object");
  }

  private void generate(HttpExchange exchange) throws IOException {
    Generation wanted = posted(exchange, LARGEST_REQUEST, Generation::of);
    maker.check(wanted);
    Turns.Turn turn = turns.submit(wanted);
    if (wanted.stream()) {
      stream(exchange, turn);
      return;
    }
    List<byte[]> pictures = result(turn);
    ObjectNode json = MAPPER.createObjectNode();
    json.put("created", Instant.now().getEpochSecond());
    json.put("output_format", "png");
    ArrayNode data = json.putArray("data");
    for (byte[] picture : pictures) {
      String text = Base64.getEncoder().encodeToString(picture);
      if (wanted.asAddress()) {
        data.addObject().put("url", "data:image/png;base64," + text);
      } else {
        data.addObject().put("b64_json", text);
      }
    }
    LocalServer.send(exchange, 200, JSON, List.of(MAPPER.writeValueAsBytes(json)));
  }

  private List<byte[]> result(Turns.Turn turn) {
    try {
      return turn.pictures.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      turn.cancel();
      throw new BadRequestException(503, null, "the server is being stopped");
    } catch (ExecutionException e) {
      throw failure(e.getCause());
    }
  }

  /** The error that a client receives for a failure; of our own bugs, no details. */
  private BadRequestException failure(@Nullable Throwable cause) {
    return switch (cause) {
      case BadRequestException bad -> bad;
      case InvalidInputException wrong -> new BadRequestException(null, oneLine(wrong));
      case null, default -> {
        if (cause != null) {
          bugs.accept(cause);
        }
        yield told(cause);
      }
    };
  }

  private static BadRequestException told(@Nullable Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof OutOfMemoryError) {
        return new BadRequestException(
            503, null, "the server has too little memory for this now: try again, or ask for less");
      }
    }
    return new BadRequestException(500, null, "something went wrong in the server");
  }

  /**
   * Server-sent events: the progress, then the pictures. Writing fails once the client has
   * disconnected.
   */
  private void stream(HttpExchange exchange, Turns.Turn turn) throws IOException {
    exchange.getResponseHeaders().set("Content-Type", "text/event-stream");
    exchange.sendResponseHeaders(200, 0);
    try (OutputStream out = exchange.getResponseBody()) {
      boolean done = false;
      while (!done) {
        try {
          turn.pictures.get(BEAT_MILLIS, TimeUnit.MILLISECONDS);
          done = true;
        } catch (TimeoutException e) {
          ObjectNode progress = MAPPER.createObjectNode();
          progress.put("type", "image_generation.progress");
          progress.put("progress", turn.progress());
          event(out, progress);
        } catch (ExecutionException e) {
          ObjectNode error = error(failure(e.getCause()));
          error.put("type", "error");
          event(out, error);
          return;
        }
      }
      for (byte[] picture : result(turn)) {
        ObjectNode completed = MAPPER.createObjectNode();
        completed.put("type", "image_generation.completed");
        completed.put("created_at", Instant.now().getEpochSecond());
        completed.put("output_format", "png");
        completed.put("b64_json", Base64.getEncoder().encodeToString(picture));
        event(out, completed);
      }
    } catch (IOException e) {
      turn.cancel();
      throw e;
    } catch (InterruptedException e) {
      turn.cancel();
      Thread.currentThread().interrupt();
    }
  }

  private static void event(OutputStream out, ObjectNode data) throws IOException {
    String text = "event: %s\ndata: %s\n\n".formatted(data.path("type").asText(), data);
    out.write(text.getBytes(StandardCharsets.UTF_8));
    out.flush();
  }

  private void score(HttpExchange exchange) throws IOException {
    if (rewards == null) {
      throw new BadRequestException(
          404, null, "this server scores no pictures: start it with --rewards");
    }
    ObjectNode answer = posted(exchange, LARGEST_PICTURE, rewards::score);
    LocalServer.send(exchange, 200, JSON, List.of(MAPPER.writeValueAsBytes(answer)));
  }

  private ObjectNode models() {
    ObjectNode json = MAPPER.createObjectNode();
    json.put("object", "list");
    ArrayNode data = json.putArray("data");
    maker.names().forEach(name -> data.add(model(name)));
    return json;
  }

  private ObjectNode model(String name) {
    if (!maker.names().contains(name)) {
      throw new BadRequestException(404, "model", "there is no model of that name");
    }
    ObjectNode json = MAPPER.createObjectNode();
    json.put("id", name);
    json.put("object", "model");
    json.put("created", created);
    json.put("owned_by", "dnft");
    return json;
  }

  private static String openApi() throws IOException {
    try (InputStream in = ImageServer.class.getResourceAsStream("openapi.json")) {
      if (in == null) {
        throw new IllegalStateException("openapi.json is missing in this build");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private void refuse(HttpExchange exchange, BadRequestException e) throws IOException {
    discard(exchange.getRequestBody());
    Headers headers = exchange.getResponseHeaders();
    if (e.status() == TOO_MANY) {
      headers.set("Retry-After", Long.toString(turns.secondsToWait()));
    }
    if (e.status() == UNAUTHORIZED) {
      headers.set("WWW-Authenticate", "Bearer");
    }
    byte[] body = MAPPER.writeValueAsBytes(error(e));
    LocalServer.send(exchange, e.status(), JSON, List.of(body));
  }

  /**
   * Reads and discards the rest of a request: otherwise the connection of a client that reads the
   * answer only after sending everything would break.
   */
  private static void discard(InputStream rest) throws IOException {
    byte[] piece = new byte[8 << 10];
    long count = 0;
    for (int n = rest.read(piece); n >= 0 && count < MOST_DISCARDED; n = rest.read(piece)) {
      count += n;
    }
  }

  /** An error in OpenAI's format. */
  private static ObjectNode error(BadRequestException e) {
    ObjectNode json = MAPPER.createObjectNode();
    ObjectNode error = json.putObject("error");
    error.put("message", String.valueOf(e.getMessage()));
    error.put("type", e.status() < 500 ? "invalid_request_error" : "server_error");
    error.put("param", e.field());
    error.putNull("code");
    return json;
  }

  private static String oneLine(Exception e) {
    return String.valueOf(e.getMessage()).strip().replaceAll("\\s*\\R\\s*", " ");
  }

  /**
   * Shuts down gracefully: accepts no more requests, finishes the accepted ones, and sends their
   * answers.
   */
  public void drain() throws InterruptedException {
    turns.drain();
    long end = System.nanoTime() + Duration.ofSeconds(10).toNanos();
    while (answering.get() > 0 && System.nanoTime() < end) {
      Thread.sleep(20);
    }
  }

  @Override
  public void close() {
    turns.close();
    server.close();
  }
}
