package org.diffusionnft.verify;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.diffusionnft.images.Pixels;
import org.diffusionnft.models.mask2former.Instances;
import org.diffusionnft.rewards.Prompt;
import org.diffusionnft.rewards.geneval.ClipColors;
import org.diffusionnft.rewards.geneval.ColorNamer;
import org.diffusionnft.rewards.geneval.Demand;
import org.diffusionnft.rewards.geneval.DetectedObject;
import org.diffusionnft.rewards.geneval.GenEvalRules;
import org.diffusionnft.rewards.geneval.GenEvalRules.Verdict;
import org.diffusionnft.rewards.geneval.GenEvalSettings;
import org.diffusionnft.rewards.geneval.Geometry;
import org.diffusionnft.rewards.geneval.ObjectCrop;
import org.diffusionnft.tensor.InvalidInputException;
import org.diffusionnft.weights.io.InvalidFileException;
import org.diffusionnft.weights.io.StrictJson;

/** The results of GenEval and DiffusionNFT for detections, with their colours replayed. */
final class GenEvalCases {
  private static final double SCORE = 1e-12;
  private static final double OVERLAP = 1e-9;

  /** The value that DiffusionNFT reports for categories other than the prompt's. */
  private static final double ELSEWHERE = -10;

  private final CaseFolder folder;
  private final Checks checks;
  private final GenEvalSettings settings;
  private final int background;
  private final List<String> names = new ArrayList<>();
  private final Path logicFile;
  private final ObjectNode logic;
  private final Path resultFile;
  private final JsonNode results;

  GenEvalCases(CaseFolder folder, Checks checks) throws InvalidFileException {
    this.folder = folder;
    this.checks = checks;
    CaseConfig config = folder.config().get("geneval");
    this.settings =
        new GenEvalSettings(
            config.number("threshold"),
            config.number("counting_threshold"),
            config.integer("max_objects"),
            config.number("max_overlap_nms"),
            config.number("position_threshold"));
    this.background = color(config);
    for (CaseConfig name : folder.config().list("class_names")) {
      names.add(name.node().asText());
    }
    this.logicFile = folder.path().resolve("geneval_logic.json");
    this.logic = StrictJson.readObject(logicFile);
    this.resultFile = folder.path().resolve("geneval_results.json");
    this.results = StrictJson.readArray(resultFile);
    words(config);
  }

  /** {@code #rgb} or {@code #rrggbb}. */
  private static int color(CaseConfig config) throws InvalidFileException {
    String text = config.text("crop_background");
    if (!text.matches("#([0-9a-fA-F]{3}|[0-9a-fA-F]{6})")) {
      throw new InvalidFileException(
          config.file(), "needs a color such as #999 as crop_background, not '" + text + "'");
    }
    String digits = text.substring(1);
    return Integer.parseInt(digits.length() == 3 ? digits.replaceAll("(\\w)", "$1$1") : digits, 16);
  }

  private void words(CaseConfig config) throws InvalidFileException {
    List<String> colors = config.list("colors").stream().map(c -> c.node().asText()).toList();
    checks.holds(
        "geneval.colors", colors.equals(ColorNamer.COLORS), ColorNamer.COLORS + ", not " + colors);
    List<String> templates =
        config.list("color_templates").stream().map(t -> t.node().asText()).toList();
    List<String> ours = ClipColors.sentences("{c}", "CLASS");
    checks.holds("geneval.color_templates", ours.equals(templates), ours + ", not " + templates);
  }

  /** Relations and overlaps of pairs of boxes. */
  void geometry() throws InvalidFileException {
    Agreement all = new Agreement();
    int pairs = 0;
    for (JsonNode pair : logic.path("box_pairs")) {
      String label = "box_pairs[" + pairs++ + "].";
      double[] a = box(logicFile, pair.path("a"));
      double[] b = box(logicFile, pair.path("b"));
      Set<String> expected = new TreeSet<>();
      pair.path("a_relative_to_b").forEach(r -> expected.add(r.asText()));
      Set<String> found = new TreeSet<>(Geometry.relations(a, b, settings.positionMargin()));
      all.same(label + "relations", found, expected);
      all.near(label + "iou", Geometry.overlap(a, b), pair.path("iou"), OVERLAP);
    }
    all.check("box_pairs: relations and overlaps of " + pairs);
  }

  private static double[] box(Path file, JsonNode json) throws InvalidFileException {
    if (json.size() != 4) {
      throw new InvalidFileException(file, "has a box that is not four numbers: " + json);
    }
    double[] box = new double[4];
    Arrays.setAll(box, i -> json.path(i).asDouble());
    return box;
  }

  /** The rules alone, on made-up detections. */
  void scenes() throws InvalidFileException {
    Pixels nothing = new Pixels(1, 1, new byte[3]);
    Agreement all = new Agreement();
    int scenes = 0;
    for (JsonNode scene : logic.path("scenes")) {
      String label = "scenes[" + scenes++ + "].";
      List<DetectedObject> objects = new ArrayList<>();
      for (JsonNode object : scene.path("detections")) {
        objects.add(
            new DetectedObject(
                object.path("class").asText(),
                object.path("score").asDouble(),
                box(logicFile, object.path("box")),
                null));
      }
      Demand demand = demand(logicFile, scene.path("metadata"));
      JsonNode geneval = scene.path("geneval");
      Colors colors = new Colors(lists(geneval.path("colors")));
      benchmark(
          all,
          label + "geneval",
          new GenEvalRules(demand, objects, nothing, colors, settings).benchmark(),
          geneval);
      colors.finish(all, label + "geneval");
      JsonNode nft = scene.path("diffusion_nft");
      colors = new Colors(lists(nft.path("colors")));
      strict(
          all,
          label + "diffusion_nft",
          new GenEvalRules(demand, objects, nothing, colors, settings).strict(),
          nft);
      colors.finish(all, label + "diffusion_nft");
    }
    all.check("scenes: both verdicts on " + scenes);
  }

  /** The rules on the network's detections in a picture. */
  void results(int image, String path, Pixels picture, List<Instances.Instance> found)
      throws InvalidFileException {
    for (Instances.Instance instance : found) {
      if (instance.label() >= names.size()) {
        throw new InvalidFileException(
            folder.config().file(), "has no class_names for class " + instance.label());
      }
    }
    List<DetectedObject> objects = found.stream().map(i -> DetectedObject.of(i, names)).toList();
    int at = 0;
    for (JsonNode row : results) {
      String label = "results[" + at++ + "]." + path;
      if (row.path("image").asInt(-1) != image || !row.path("path").asText().equals(path)) {
        continue;
      }
      List<List<String>> answers = new ArrayList<>();
      row.path("color_calls").forEach(call -> answers.addAll(lists(List.of(call.path("colors")))));
      Agreement all = new Agreement();
      Colors colors = new Colors(answers);
      Demand demand = demand(resultFile, row.path("metadata"));
      if (path.equals("geneval")) {
        Verdict verdict = new GenEvalRules(demand, objects, picture, colors, settings).benchmark();
        benchmark(all, label, verdict, row.path("result"));
      } else {
        Verdict verdict = new GenEvalRules(demand, objects, picture, colors, settings).strict();
        strict(all, label, verdict, row.path("result"));
        groups(all, label, verdict, demand.tag(), row.path("result").path("group_strict"));
      }
      colors.finish(all, label);
      calls(all, label, colors, row, image);
      all.check(label + ": " + row.path("metadata").path("tag").asText());
    }
  }

  private static void benchmark(Agreement all, String label, Verdict verdict, JsonNode expected) {
    all.same(label + ".correct", verdict.correct(), expected.path("correct").asBoolean());
    String reason = String.join("\n", verdict.reasons());
    all.same(label + ".reason", words(reason), words(expected.path("reason").asText()));
  }

  /** The reference code joins relations in a set's order. */
  private static List<String> words(String sentence) {
    return Arrays.stream(sentence.split("\\s+", -1)).sorted().toList();
  }

  private static void strict(Agreement all, String label, Verdict verdict, JsonNode expected) {
    all.near(label + ".score", verdict.score(), expected.path("score"), SCORE);
    all.near(
        label + ".strict_reward", verdict.correct() ? 1 : 0, expected.path("strict_reward"), 0);
  }

  private static void groups(
      Agreement all, String label, Verdict verdict, String tag, JsonNode expected) {
    Map<String, Double> ours = new LinkedHashMap<>();
    Map<String, Double> theirs = new LinkedHashMap<>();
    expected
        .properties()
        .forEach(
            group -> {
              double own = verdict.correct() ? 1 : 0;
              ours.put(group.getKey(), group.getKey().equals(tag) ? own : ELSEWHERE);
              theirs.put(group.getKey(), group.getValue().asDouble());
            });
    all.same(label + ".group_strict", ours, theirs);
  }

  /** Compares the inputs of the color classifier. */
  private void calls(Agreement all, String label, Colors colors, JsonNode row, int image)
      throws InvalidFileException {
    for (int i = 0; i < colors.calls.size(); i++) {
      Call call = colors.calls.get(i);
      JsonNode expected = row.path("color_calls").path(i);
      String name = label + ".color_calls[" + i + "].";
      List<String> prompts = ClipColors.sentences(ColorNamer.COLORS.getFirst(), call.label());
      all.same(
          name + "class_prompts", List.of(prompts), lists(List.of(expected.path("class_prompts"))));
      List<Double> boxes =
          call.objects().stream().flatMap(o -> Arrays.stream(o.box()).boxed()).toList();
      List<Double> wanted = new ArrayList<>();
      expected.path("boxes").forEach(box -> box.forEach(side -> wanted.add(side.asDouble())));
      all.same(name + "boxes", boxes, wanted);
      for (int j = 0; j < call.objects().size(); j++) {
        Pixels crop = ObjectCrop.of(call.picture(), call.objects().get(j), background);
        JsonNode size = expected.path("crop_sizes").path(j);
        all.same(
            name + "crop_sizes[" + j + "]",
            List.of(crop.width(), crop.height()),
            List.of(size.path(0).asInt(), size.path(1).asInt()));
        String recorded = row.path("crops_recorded").asText("").replace("*", Integer.toString(j));
        if (recorded.startsWith("image" + image + ".") && folder.expects(recorded)) {
          RecordedPicture.same(folder, checks, recorded, crop);
        }
      }
    }
  }

  private static Demand demand(Path file, JsonNode metadata) throws InvalidFileException {
    try {
      if (StrictJson.plain(metadata) instanceof Map<?, ?> map) {
        Map<String, Object> fields = new LinkedHashMap<>();
        map.forEach((key, value) -> fields.put(String.valueOf(key), value));
        return Demand.of(new Prompt(metadata.path("prompt").asText(), fields));
      }
      throw new InvalidFileException(file, "has metadata that are no object: " + metadata);
    } catch (InvalidInputException e) {
      throw new InvalidFileException(file, String.valueOf(e.getMessage()), e);
    }
  }

  private static List<List<String>> lists(Iterable<JsonNode> rows) {
    List<List<String>> lists = new ArrayList<>();
    for (JsonNode row : rows) {
      List<String> list = new ArrayList<>();
      row.forEach(text -> list.add(text.asText()));
      lists.add(list);
    }
    return lists;
  }

  /** A call of the classifier. */
  private record Call(Pixels picture, List<DetectedObject> objects, String label) {}

  /** Answers with recorded colors, in the order of the calls. */
  private static final class Colors implements ColorNamer {
    private final List<List<String>> answers;
    private final List<Call> calls = new ArrayList<>();

    Colors(List<List<String>> answers) {
      this.answers = answers;
    }

    @Override
    public List<String> colors(Pixels picture, List<DetectedObject> objects, String label) {
      calls.add(new Call(picture, List.copyOf(objects), label));
      return calls.size() <= answers.size() ? answers.get(calls.size() - 1) : List.of();
    }

    void finish(Agreement all, String label) {
      all.same(
          label + ".colors, asked for and answered",
          calls.stream().map(call -> call.objects().size()).toList(),
          answers.stream().map(List::size).toList());
    }
  }

  /** Many small statements that are reported in one line. */
  private final class Agreement {
    private final List<String> faults = new ArrayList<>();

    void same(String label, Object found, Object expected) {
      if (!found.equals(expected)) {
        faults.add(label + " is " + found + ", not " + expected);
      }
    }

    void near(String label, double found, JsonNode expected, double limit) {
      if (!(Math.abs(found - expected.asDouble(Double.NaN)) <= limit)) {
        faults.add(label + " is " + found + ", not " + expected);
      }
    }

    void check(String label) {
      String first = String.join("; ", faults.subList(0, Math.min(2, faults.size())));
      checks.holds(label, faults.isEmpty(), faults.size() + " differ: " + first);
    }
  }
}
