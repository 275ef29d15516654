package org.diffusionnft.tests.reward;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.StreamSupport;
import org.diffusionnft.images.PictureFile;
import org.diffusionnft.images.Pixels;
import org.diffusionnft.rewards.RewardOptions;
import org.diffusionnft.rewards.geneval.ClipColors;
import org.diffusionnft.rewards.geneval.DetectedObject;
import org.diffusionnft.weights.io.StrictJson;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * GenEval's colors by a small CLIP, from crops and masks to cosines with sentences, against numbers
 * of PyTorch; {@code geneval_colors.json} says how they were made.
 */
@Tag("slow")
class GenEvalColorsTest {
  @TempDir Path folder;

  private static Path resource(String name) {
    try {
      return Path.of(Objects.requireNonNull(GenEvalColorsTest.class.getResource(name)).toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  @BeforeEach
  void makeModelFolder() throws IOException {
    JsonNode config = StrictJson.readObject(resource("/golden/clip_score/config.json"));
    StrictJson.write(folder.resolve("config.json"), config.path("model_config"));
    Files.copy(
        resource("/golden/clip_score/weights.safetensors"), folder.resolve("model.safetensors"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"vector", "reference"})
  void agreesWithPyTorch(String device) throws IOException {
    ObjectNode recorded = StrictJson.readObject(resource("/geneval_colors.json"));
    double tolerance = recorded.path("tolerance").asDouble();
    RewardOptions options =
        new RewardOptions(
            "geneval",
            Map.of(
                "colorModel",
                folder.toString(),
                "tokenizer",
                resource("/golden/tokenizers/clip").toString(),
                "device",
                device));
    List<List<JsonNode>> scenes = new ArrayList<>();
    for (JsonNode row : recorded.path("objects")) {
      if (scenes.isEmpty() || !sameScene(scenes.getLast().getFirst(), row)) {
        scenes.add(new ArrayList<>());
      }
      scenes.getLast().add(row);
    }
    assertTrue(scenes.size() > 1, scenes.size() + " pictures");
    try (ClipColors colors = ClipColors.open(options)) {
      for (List<JsonNode> scene : scenes) {
        JsonNode first = scene.getFirst();
        Pixels picture =
            Pixels.of(PictureFile.read(resource("/golden/" + first.path("picture").asText())));
        List<DetectedObject> objects = scene.stream().map(row -> object(picture, row)).toList();
        String label = first.path("label").asText();
        double[][] cosines = colors.cosines(picture, objects, label);
        for (int i = 0; i < scene.size(); i++) {
          assertArrayEquals(
              numbers(scene.get(i).path("cosines")), cosines[i], tolerance, label + " " + i);
        }
        assertEquals(
            scene.stream().map(row -> row.path("color").asText()).toList(),
            colors.colors(picture, objects, label));
      }
    }
  }

  private static boolean sameScene(JsonNode a, JsonNode b) {
    return a.path("picture").equals(b.path("picture")) && a.path("label").equals(b.path("label"));
  }

  private static DetectedObject object(Pixels picture, JsonNode row) {
    return new DetectedObject(
        row.path("label").asText(),
        1,
        numbers(row.path("box")),
        null,
        mask(picture, row.path("ellipse")));
  }

  private static @Nullable BitSet mask(Pixels picture, JsonNode ellipse) {
    if (ellipse.isNull()) {
      return null;
    }
    double[] e = numbers(ellipse);
    BitSet mask = new BitSet();
    for (int y = 0; y < picture.height(); y++) {
      for (int x = 0; x < picture.width(); x++) {
        double dx = (x - e[0]) / e[2];
        double dy = (y - e[1]) / e[3];
        mask.set(y * picture.width() + x, dx * dx + dy * dy <= 1);
      }
    }
    return mask;
  }

  private static double[] numbers(JsonNode array) {
    return StreamSupport.stream(array.spliterator(), false)
        .mapToDouble(JsonNode::asDouble)
        .toArray();
  }
}
