package org.diffusionnft.verify;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.diffusionnft.images.Pixels;
import org.diffusionnft.models.mask2former.Instances;
import org.diffusionnft.models.mask2former.Instances.Frame;
import org.diffusionnft.models.mask2former.Instances.Instance;
import org.diffusionnft.models.mask2former.Instances.Mask;
import org.diffusionnft.models.mask2former.Mask2Former;
import org.diffusionnft.models.mask2former.Mask2FormerConfig;
import org.diffusionnft.models.mask2former.Mask2FormerLayout;
import org.diffusionnft.rewards.geneval.DetectorPicture;
import org.diffusionnft.rewards.geneval.DetectorPicture.Channels;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.Memory;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.weights.TensorSource;
import org.diffusionnft.weights.io.InvalidFileException;
import org.diffusionnft.weights.io.StrictJson;
import org.diffusionnft.weights.mask2former.Mask2FormerCheckpoint;
import org.diffusionnft.weights.mask2former.Mask2FormerConfigFile;
import org.diffusionnft.weights.mask2former.Mask2FormerPreprocessor;
import org.diffusionnft.weights.safetensors.SafetensorsFile;
import org.jspecify.annotations.Nullable;

/**
 * GenEval's detector: preprocessing of pictures, every part of the network from both layouts of its
 * files, boxes and scores, and the results of GenEval and DiffusionNFT.
 */
final class Mask2FormerCase implements CaseKind {
  private static final String SWAPPED = "swapped.";
  private static final double WHITE = 255;

  /** Normalised pixels of at most 2.7, in units of the last place as for all tensors. */
  private static final Margin PIXEL_MARGIN = new Margin.Absolute(8 * 2.7 * 0x1p-23);

  @Override
  public String name() {
    return "mask2former";
  }

  @Override
  public boolean recognises(CaseFolder folder) {
    return folder.config().has("model_config")
        && folder.config().has("box_rule")
        && folder.config().has("geneval");
  }

  @Override
  public void verify(CaseFolder folder, Device device, Checks checks) throws IOException {
    CaseConfig config = folder.config();
    GenEvalCases rules = new GenEvalCases(folder, checks);
    rules.geometry();
    rules.scenes();
    Path weights = folder.path().resolve("weights.safetensors");
    ObjectNode model = object(config.get("model_config"));
    Mask2FormerPreprocessor settings = mmdetSettings(config);
    sameWeights(folder, checks, device);
    try (Mask2FormerCheckpoint checkpoint =
            Mask2FormerCheckpoint.open(weights, config.file(), model, settings);
        Mask2Former network = checkpoint.load(device)) {
      for (int i = 0; folder.hasInput("image" + i + ".uint8"); i++) {
        picture(folder, checks, i, settings, network, device, rules);
      }
      if (folder.hasInput("odd.pixel_values")) {
        run(folder, checks, network, device, "odd.", "odd.pixel_values", null);
      }
    }
    Path other = folder.path().resolve("weights_mmdet.safetensors");
    if (Files.exists(other)) {
      try (Mask2FormerCheckpoint checkpoint = Mask2FormerCheckpoint.open(other)) {
        inferred(checks, checkpoint.config(), Mask2FormerConfigFile.parse(config.file(), model));
      }
    }
  }

  private static ObjectNode object(CaseConfig config) throws InvalidFileException {
    if (config.node() instanceof ObjectNode object) {
      return object;
    }
    throw new InvalidFileException(config.file(), "needs an object under '" + config.at() + "'");
  }

  private static Mask2FormerPreprocessor mmdetSettings(CaseConfig config)
      throws InvalidFileException {
    CaseConfig mmdet = config.get("preprocess");
    int[] sides = mmdet.integers("img_scale_long_short");
    if (sides.length != 2) {
      throw new InvalidFileException(config.file(), "needs two img_scale_long_short");
    }
    return settings(config.file(), sides[1], sides[0], mmdet, "mean", "std", WHITE);
  }

  private static Mask2FormerPreprocessor settings(
      Path file,
      int shortest,
      int longest,
      CaseConfig config,
      String mean,
      String deviation,
      double unit)
      throws InvalidFileException {
    try {
      return new Mask2FormerPreprocessor(
          shortest,
          longest,
          config.integer("size_divisor"),
          Arrays.stream(config.numbers(mean)).map(x -> x / unit).boxed().toList(),
          Arrays.stream(config.numbers(deviation)).map(x -> x / unit).boxed().toList());
    } catch (IllegalArgumentException e) {
      throw new InvalidFileException(file, String.valueOf(e.getMessage()), e);
    }
  }

  /** mmdet's file must hold the same numbers as transformers', under the keys of the table. */
  private static void sameWeights(CaseFolder folder, Checks checks, Device device)
      throws IOException {
    Path other = folder.path().resolve("weights_mmdet.safetensors");
    if (!Files.exists(other)) {
      return;
    }
    try (SafetensorsFile ours = SafetensorsFile.open(folder.path().resolve("weights.safetensors"));
        TensorSource theirs = Mask2FormerCheckpoint.named(SafetensorsFile.open(other))) {
      List<String> wrong = new ArrayList<>();
      int equal = 0;
      for (JsonNode row :
          StrictJson.readArray(folder.path().resolve("keys_transformers_mmdet.json"))) {
        String name = row.path("transformers").asText();
        boolean same =
            theirs.names().contains(name)
                && theirs.shape(name).equals(ours.shape(name))
                && Arrays.equals(
                    theirs.tensor(name, device).toDoubles(), ours.tensor(name, device).toDoubles());
        if (same) {
          equal++;
        } else {
          wrong.add(name);
        }
      }
      checks.holds(
          "weights_mmdet: " + equal + " tensors are those of transformers",
          wrong.isEmpty(),
          wrong.size()
              + " are missing or others, the first is "
              + String.join("", wrong.stream().limit(1).toList()));
    }
  }

  private static void inferred(
      Checks checks, Mask2FormerConfig inferred, Mask2FormerConfig stated) {
    boolean same =
        Mask2FormerLayout.parameters(inferred).equals(Mask2FormerLayout.parameters(stated))
            && inferred.heads() == stated.heads()
            && inferred.backbone().heads().equals(stated.backbone().heads());
    checks.holds("weights_mmdet: inferred configuration", same, inferred + " is inferred");
  }

  private static void picture(
      CaseFolder folder,
      Checks checks,
      int number,
      Mask2FormerPreprocessor settings,
      Mask2Former network,
      Device device,
      GenEvalCases rules)
      throws IOException {
    String name = "image" + number + ".";
    Pixels picture = RecordedPicture.pixels(folder, name + "uint8");
    RecordedPicture.check(folder, number, picture, checks);
    RecordedPicture.same(
        folder, checks, name + "resized_uint8", DetectorPicture.mmdetResized(picture, settings));
    DetectorPicture prepared = DetectorPicture.mmdet(picture, settings, Channels.RGB);
    Frame frame = prepared.frame();
    frame(folder, checks, name, frame);
    input(folder, checks, name + "pixel_values", prepared);
    String swapped = name + "pixel_values_swapped";
    if (folder.hasInput(swapped)) {
      input(folder, checks, swapped, DetectorPicture.mmdet(picture, settings, Channels.BGR));
    }
    if (folder.hasInput(name + "pixel_values_transformers")) {
      input(
          folder,
          checks,
          name + "pixel_values_transformers",
          DetectorPicture.transformers(
              picture, transformersSettings(folder.config()), Channels.RGB));
    }
    List<Instance> found = run(folder, checks, network, device, name, name + "pixel_values", frame);
    rules.results(number, "geneval", picture, found);
    if (folder.hasInput(swapped)) {
      found = run(folder, checks, network, device, name + SWAPPED, swapped, frame);
      rules.results(number, "diffusion_nft", picture, found);
    }
  }

  private static Mask2FormerPreprocessor transformersSettings(CaseConfig config)
      throws InvalidFileException {
    CaseConfig own = config.get("transformers_preprocessor");
    CaseConfig size = own.get("size");
    return settings(
        config.file(),
        size.integer("shortest_edge"),
        size.integer("longest_edge"),
        own,
        "image_mean",
        "image_std",
        1);
  }

  private static void frame(CaseFolder folder, Checks checks, String name, Frame frame)
      throws InvalidFileException {
    CaseConfig meta = folder.config().get("image_meta").get(name);
    int[][] ours = {
      {frame.resizedHeight(), frame.resizedWidth(), 3},
      {frame.paddedHeight(), frame.paddedWidth(), 3},
      {frame.height(), frame.width(), 3}
    };
    String[] keys = {"img_shape", "pad_shape", "ori_shape"};
    for (int i = 0; i < keys.length; i++) {
      checks.holds(
          name + keys[i],
          Arrays.equals(ours[i], meta.integers(keys[i])),
          Arrays.toString(ours[i]) + " is not " + Arrays.toString(meta.integers(keys[i])));
    }
  }

  private static void input(CaseFolder folder, Checks checks, String name, DetectorPicture prepared)
      throws InvalidFileException {
    Frame frame = prepared.frame();
    Shape shape = Shape.of(1, 3, frame.paddedHeight(), frame.paddedWidth());
    Shape expected = folder.inputs().shape(name);
    if (!shape.equals(expected)) {
      checks.holds(name, false, "shape " + shape + ", but " + expected + " is expected");
      return;
    }
    checks.against(
        name, Doubles.of(prepared.values()), folder.doubles(folder.inputs(), name), PIXEL_MARGIN);
  }

  /** The network on a recorded input, and the objects of pictures that have a frame. */
  private static List<Instance> run(
      CaseFolder folder,
      Checks checks,
      Mask2Former network,
      Device device,
      String prefix,
      String input,
      @Nullable Frame frame)
      throws InvalidFileException {
    try (Memory.Scope _ = device.memory().scope()) {
      Observed seen = new Observed(prefix);
      Mask2Former.Output output = network.forward(folder.input(input, device), seen::see);
      seen.check(folder, checks);
      checks.tensor(prefix + "class_queries_logits", output.classes().value());
      checks.tensor(prefix + "masks_queries_logits", output.masks().value());
      if (frame == null) {
        return List.of();
      }
      List<Instance> found = Instances.of(output, frame, folder.config().integer("max_per_image"));
      instances(folder, checks, prefix, found, frame);
      if (folder.expects(prefix + "query.label")) {
        queries(checks, prefix + "query.", output, frame);
      }
      return found;
    }
  }

  private static void instances(
      CaseFolder folder, Checks checks, String prefix, List<Instance> found, Frame frame)
      throws InvalidFileException {
    String det = prefix + "det.";
    checks.values(det + "label", found.stream().mapToDouble(Instance::label).toArray());
    checks.values(det + "query", found.stream().mapToDouble(Instance::query).toArray());
    checks.values(det + "class_score", found.stream().mapToDouble(Instance::classScore).toArray());
    checks.values(det + "score", found.stream().mapToDouble(Instance::score).toArray());
    checks.values(
        det + "box",
        found.stream()
            .flatMap(i -> i.mask().box().stream())
            .mapToDouble(Integer::doubleValue)
            .toArray());
    long[] expected = folder.longs(folder.expected(), det + "mask");
    int size = frame.width() * frame.height();
    long wrong = Math.abs(expected.length - (long) size * found.size());
    for (int i = 0; i < Math.min(expected.length / size, found.size()) * size; i++) {
      boolean on = found.get(i / size).mask().pixels().get(i % size);
      wrong += on == (expected[i] != 0) ? 0 : 1;
    }
    int unsure = folder.config().get("image_meta").integer(prefix + "unsure_pixels");
    checks.replayed(det + "mask");
    checks.within(det + "mask", (double) wrong, unsure, " wrong");
  }

  private static void queries(Checks checks, String prefix, Mask2Former.Output output, Frame frame)
      throws InvalidFileException {
    double[][] classes = Instances.probabilities(output);
    int count = classes.length;
    boolean[] all = new boolean[count];
    Arrays.fill(all, true);
    Mask[] masks = Instances.masks(output, frame, all);
    double[] labels = new double[count];
    double[] classScores = new double[count];
    double[] maskScores = new double[count];
    double[] scores = new double[count];
    double[] boxes = new double[4 * count];
    for (int q = 0; q < count; q++) {
      int best = 0;
      for (int label = 1; label < classes[q].length - 1; label++) {
        best = classes[q][label] > classes[q][best] ? label : best;
      }
      labels[q] = best;
      classScores[q] = classes[q][best];
      maskScores[q] = masks[q].certainty();
      scores[q] = classScores[q] * maskScores[q];
      for (int i = 0; i < 4; i++) {
        boxes[4 * q + i] = masks[q].box().get(i);
      }
    }
    checks.values(prefix + "label", labels);
    checks.values(prefix + "class_score", classScores);
    checks.values(prefix + "mask_score", maskScores);
    checks.values(prefix + "score", scores);
    checks.values(prefix + "box", boxes);
  }
}
