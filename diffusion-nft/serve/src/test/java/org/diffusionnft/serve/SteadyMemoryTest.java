package org.diffusionnft.serve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.DeviceOptions;
import org.diffusionnft.tensor.Devices;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A server of ShapesWorld that has answered 5000 requests holds no more than after 1000. */
@Tag("slow")
class SteadyMemoryTest {
  private static final int EARLY = 1000;
  private static final int LATE = 5000;
  private static final int CLIENTS = 4;
  private static final long MOST_GROWTH = 1 << 20; // of the heap: 262 bytes a request

  private final ConcurrentLinkedQueue<Throwable> bugs = new ConcurrentLinkedQueue<>();
  private final HttpClient client = HttpClient.newHttpClient();
  private String address = "";

  /** What is in use once garbage is gone. */
  private record Used(long heap, long live, long reserved) {
    static Used by(Device device) throws InterruptedException {
      long heap = Long.MAX_VALUE;
      for (int i = 0; i < 4; i++) {
        System.gc();
        Thread.sleep(100);
        Runtime runtime = Runtime.getRuntime();
        heap = Math.min(heap, runtime.totalMemory() - runtime.freeMemory());
      }
      return new Used(heap, device.memory().liveBytes(), device.memory().reservedBytes());
    }

    private String line(int requests) {
      return "after %d requests: %.2f MB of heap, %.2f MB of tensors, %.2f MB taken for tensors"
          .formatted(requests, heap / 1e6, live / 1e6, reserved / 1e6);
    }
  }

  @Test
  void itIsTheSameAfterThousandsOfRequests() throws Exception {
    try (Device device = Devices.openDefault(DeviceOptions.defaults());
        ShapesMaker maker = ShapesMaker.open(null, new LinkedHashMap<>(), device);
        ImageServer server =
            ImageServer.start(
                new ImageServer.Settings("127.0.0.1", 0, 64, Duration.ofMinutes(10)),
                maker,
                null,
                ApiKeys.none(),
                bugs::add)) {
      address = server.address();
      ask(0, EARLY);
      Used early = Used.by(device);
      ask(EARLY, LATE);
      Used late = Used.by(device);
      System.out.println(early.line(EARLY));
      System.out.println(late.line(LATE));
      assertTrue(bugs.isEmpty(), bugs.toString());
      assertTrue(late.heap - early.heap < MOST_GROWTH, early + " and then " + late);
      assertEquals(early.live, late.live);
      assertEquals(early.reserved, late.reserved);
    } finally {
      client.close();
    }
  }

  private void ask(int first, int end) throws Exception {
    try (ExecutorService threads = Executors.newFixedThreadPool(CLIENTS)) {
      List<Future<?>> clients = new ArrayList<>();
      for (int c = 0; c < CLIENTS; c++) {
        int start = first + c;
        clients.add(
            threads.submit(
                () -> {
                  for (int i = start; i < end; i += CLIENTS) {
                    ask(i);
                  }
                  return null;
                }));
      }
      for (Future<?> one : clients) {
        one.get();
      }
    }
  }

  /** Mostly pictures, each another; of forty requests, four are of other kinds. */
  private void ask(int i) throws IOException, InterruptedException {
    String picture =
        "{\"prompt\": \"a red circle\", \"seed\": %d, \"steps\": 1, \"stream\": %b}"
            .formatted(i, i % 40 >= 38);
    switch (i % 40) {
      case 36 -> assertEquals(400, post("v1/images/generations", "{\"prompt\": " + i).statusCode());
      case 37 -> assertEquals(404, post("no/such/path/" + i, picture).statusCode());
      case 38 -> closeEarly(picture);
      default -> {
        HttpResponse<String> answer = post("v1/images/generations", picture);
        assertEquals(200, answer.statusCode(), answer.body());
        assertTrue(answer.body().contains("b64_json"), answer.body());
      }
    }
  }

  private HttpResponse<String> post(String path, String body)
      throws IOException, InterruptedException {
    return client.send(request(path, body), HttpResponse.BodyHandlers.ofString());
  }

  /** A client that goes away before its picture is done. */
  private void closeEarly(String body) throws IOException, InterruptedException {
    HttpRequest request = request("v1/images/generations", body);
    client.send(request, HttpResponse.BodyHandlers.ofInputStream()).body().close();
  }

  private HttpRequest request(String path, String body) {
    return HttpRequest.newBuilder(URI.create(address + path))
        .header("Content-Type", "application/json")
        .POST(HttpRequest.BodyPublishers.ofString(body))
        .build();
  }
}
