package org.diffusionnft.serve;

import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.DoubleAdder;
import java.util.concurrent.atomic.LongAdder;

/** Counts what a server does, in the text format of Prometheus. */
final class Metrics {
  private final Map<String, LongAdder> requests = new ConcurrentSkipListMap<>();
  private final LongAdder pictures = new LongAdder();
  private final LongAdder refused = new LongAdder();
  private final DoubleAdder seconds = new DoubleAdder();

  /** Counts an answered request. */
  void answered(String path, int status) {
    String labels = "path=\"%s\",status=\"%d\"".formatted(path, status);
    requests.computeIfAbsent(labels, _ -> new LongAdder()).increment();
  }

  /** Counts pictures. */
  void made(int count, double took) {
    pictures.add(count);
    seconds.add(took);
  }

  /** Counts a request rejected because too many were waiting. */
  void refused() {
    refused.increment();
  }

  /**
   * All metrics.
   *
   * @param waiting number of waiting and running requests
   */
  String text(int waiting) {
    StringBuilder text = new StringBuilder();
    head(text, "dnft_requests_total", "counter", "Requests answered.");
    requests.forEach(
        (labels, count) ->
            text.append("dnft_requests_total{")
                .append(labels)
                .append("} ")
                .append(count)
                .append('\n'));
    one(text, "dnft_pictures_total", "counter", "Pictures made.", pictures.sum());
    one(text, "dnft_picture_seconds_total", "counter", "Time spent on pictures.", seconds.sum());
    one(
        text,
        "dnft_refused_total",
        "counter",
        "Requests that found too many waiting.",
        refused.sum());
    one(text, "dnft_queue_length", "gauge", "Requests that wait or are being followed.", waiting);
    Runtime runtime = Runtime.getRuntime();
    one(
        text,
        "dnft_heap_bytes",
        "gauge",
        "Java heap in use.",
        runtime.totalMemory() - runtime.freeMemory());
    return text.toString();
  }

  private static void one(StringBuilder text, String name, String type, String help, Number value) {
    head(text, name, type, help);
    text.append(name).append(' ').append(value).append('\n');
  }

  private static void head(StringBuilder text, String name, String type, String help) {
    text.append("# HELP ").append(name).append(' ').append(help).append('\n');
    text.append("# TYPE ").append(name).append(' ').append(type).append('\n');
  }
}
