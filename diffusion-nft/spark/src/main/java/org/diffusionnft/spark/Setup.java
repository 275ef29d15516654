package org.diffusionnft.spark;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.diffusionnft.trainer.config.TrainConfig;
import org.diffusionnft.weights.io.StrictJson;
import org.jspecify.annotations.Nullable;

/**
 * What a process opens to compute for a run.
 *
 * @param config of the run
 * @param device that computes
 * @param threads of it
 * @param kernels what its products are forced to be, or empty
 * @param cache folder of embedded prompts, or null
 * @param shipped what was sent along: what each such file or folder is called here, by what the
 *     settings call it
 * @param expected what this process must be like
 */
record Setup(
    TrainConfig config,
    String device,
    int threads,
    String kernels,
    @Nullable String cache,
    Map<String, String> shipped,
    Fingerprint expected) {
  private static final Path NAME = Path.of("setup");

  byte[] toBytes() {
    ObjectNode json = StrictJson.object();
    json.put("config", config.toYaml());
    json.put("device", device);
    json.put("threads", threads);
    json.put("kernels", kernels);
    if (cache != null) {
      json.put("cache", cache);
    }
    put(json.putObject("shipped"), shipped);
    put(json.putObject("expected"), expected.parts());
    return json.toString().getBytes(StandardCharsets.UTF_8);
  }

  static Setup of(byte[] bytes) throws IOException {
    ObjectNode json =
        StrictJson.parseObject(NAME, "setup", new String(bytes, StandardCharsets.UTF_8));
    return new Setup(
        TrainConfig.parse("setup", json.path("config").asText(), TrainConfig.official()),
        json.path("device").asText(),
        json.path("threads").asInt(),
        json.path("kernels").asText(),
        json.has("cache") ? json.path("cache").asText() : null,
        texts(json, "shipped"),
        new Fingerprint(texts(json, "expected")));
  }

  private static void put(ObjectNode json, Map<String, String> texts) {
    texts.forEach(json::put);
  }

  private static Map<String, String> texts(ObjectNode json, String key) {
    Map<String, String> texts = new LinkedHashMap<>();
    json.path(key).properties().forEach(e -> texts.put(e.getKey(), e.getValue().asText()));
    return texts;
  }
}
