package org.diffusionnft.verify;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import org.diffusionnft.images.Pixels;
import org.diffusionnft.images.Planes;
import org.diffusionnft.models.clip.ClipModel;
import org.diffusionnft.models.clip.ClipVisionEncoder;
import org.diffusionnft.models.clip.LinearHead;
import org.diffusionnft.models.text.ClipTextEncoder;
import org.diffusionnft.rewards.clip.ClipPreprocessing;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;
import org.diffusionnft.weights.CheckpointWeights;
import org.diffusionnft.weights.clip.ClipCheckpoint;
import org.diffusionnft.weights.io.InvalidFileException;
import org.diffusionnft.weights.safetensors.SafetensorsFile;

/** The whole of CLIP: preprocessing of pictures, both encoders, and the resulting scores. */
final class ClipScoreCase implements CaseKind {
  /** The divisor in PickScore's reference code. */
  private static final double PICKSCORE_DIVISOR = 26;

  private static final double CLIP_SCORE_DIVISOR = 100;
  private static final String PIXELS = "image_uint8.";

  @Override
  public String name() {
    return "clip_score";
  }

  @Override
  public boolean recognises(CaseFolder folder) {
    return folder.config().has("preprocessor") && folder.expects("logits_per_image");
  }

  @Override
  public void verify(CaseFolder folder, Device device, Checks checks) throws IOException {
    CaseConfig config = folder.config();
    ClipPreprocessing preprocessing = preprocessing(config.get("preprocessor"));
    float[] pixels = preprocess(folder, checks, preprocessing);
    Path weights = folder.path().resolve("weights.safetensors");
    try (ClipCheckpoint checkpoint =
            ClipCheckpoint.open(weights, config.file(), modelConfig(config));
        ClipModel model = checkpoint.load(device)) {
      encoders(folder, checks, model, square(device, preprocessing, pixels));
      clipScorer(folder, checks, model, preprocessing, device);
    }
  }

  /** Preprocesses every picture for the encoder, from its bytes in the tensors and from its PNG. */
  private static float[] preprocess(
      CaseFolder folder, Checks checks, ClipPreprocessing preprocessing) throws IOException {
    float[] all = {};
    for (int i = 0; folder.hasInput(PIXELS + i); i++) {
      Pixels picture = picture(folder, PIXELS + i);
      byte[] small = preprocessing.shrink(picture).rgb();
      double[] unsigned = new double[small.length];
      Arrays.setAll(unsigned, j -> small[j] & 0xff);
      Shape expected = folder.expected().shape("resized_uint8." + i);
      checks.values("resized_uint8." + i, "resized_uint8." + i, expected, unsigned, Margin.exact());
      RecordedPicture.check(folder, i, picture, checks);
      float[] one = preprocessing.ofPixels(picture);
      int at = all.length;
      all = Arrays.copyOf(all, at + one.length);
      System.arraycopy(one, 0, all, at, one.length);
    }
    checks.values("pixel_values", Doubles.of(all));
    return all;
  }

  private static void encoders(CaseFolder folder, Checks checks, ClipModel model, Tensor pixels)
      throws InvalidFileException {
    ClipVisionEncoder.Output vision = model.vision().encode(pixels);
    checks.tensor("vision.last_hidden_state", vision.last().value());
    checks.tensor("image_features", vision.features().value());
    ClipTextEncoder.Output text =
        model.text().encode(rows(folder, "input_ids"), rows(folder, "attention_mask"));
    checks.tensor("text.last_hidden_state", text.last().value());
    checks.tensor("text_features", text.pooled().value());

    double[][] images = ClipModel.unitRows(vision.features().value());
    double[][] texts = ClipModel.unitRows(text.pooled().value());
    checks.values("image_embeds", flat(images));
    checks.values("text_embeds", flat(texts));
    double scale = Math.exp(model.logitScale());
    double[] logits = new double[images.length * texts.length];
    double[] picked = new double[images.length];
    for (int i = 0; i < images.length; i++) {
      for (int j = 0; j < texts.length; j++) {
        logits[i * texts.length + j] = scale * ClipModel.cosine(images[i], texts[j]);
      }
      picked[i] = logits[i * texts.length + i] / PICKSCORE_DIVISOR;
    }
    checks.values("logits_per_image", logits);
    checks.values("pickscore", picked);
    aesthetic(folder, checks, pixels.device(), images);
  }

  private static void aesthetic(
      CaseFolder folder, Checks checks, Device device, double[][] embeddings)
      throws InvalidFileException {
    int[] widths = folder.config().integers("aesthetic_mlp_dims");
    try (SafetensorsFile file =
        SafetensorsFile.open(folder.path().resolve("aesthetic_mlp.safetensors"))) {
      LinearHead head = LinearHead.load(widths, new CheckpointWeights(file, device));
      checks.values("aesthetic", Arrays.stream(embeddings).mapToDouble(head::apply).toArray());
    }
  }

  private static void clipScorer(
      CaseFolder folder,
      Checks checks,
      ClipModel model,
      ClipPreprocessing preprocessing,
      Device device)
      throws InvalidFileException {
    String name = "clip_scorer.pixels";
    Shape shape = folder.inputs().shape(name);
    float[] given = folder.floats(folder.inputs(), name);
    int count = shape.intDim(0);
    int size = given.length / count;
    float[] pixels = new float[count * 3 * preprocessing.size() * preprocessing.size()];
    for (int i = 0; i < count; i++) {
      float[] picture = Arrays.copyOfRange(given, i * size, (i + 1) * size);
      float[] one = preprocessing.bilinear(new Planes(shape.intDim(3), shape.intDim(2), picture));
      System.arraycopy(one, 0, pixels, i * one.length, one.length);
    }
    Tensor square = square(device, preprocessing, pixels);
    checks.tensor("clip_scorer.pixel_values", square);
    double[][] images = model.imageEmbeddings(square);
    double[][] texts = model.textEmbeddings(rows(folder, "clip_scorer.input_ids"));
    double[] scores = new double[count];
    for (int i = 0; i < count; i++) {
      scores[i] =
          Math.exp(model.logitScale()) * ClipModel.cosine(images[i], texts[i]) / CLIP_SCORE_DIVISOR;
    }
    checks.values("clip_scorer.score", scores);
  }

  private static Tensor square(Device device, ClipPreprocessing preprocessing, float[] pixels) {
    int size = preprocessing.size();
    return Tensor.of(device, pixels, pixels.length / (3L * size * size), 3, size, size);
  }

  private static ClipPreprocessing preprocessing(CaseConfig config) throws InvalidFileException {
    return new ClipPreprocessing(
        config.get("size").integer("shortest_edge"),
        floats(config, "image_mean"),
        floats(config, "image_std"));
  }

  private static float[] floats(CaseConfig config, String key) throws InvalidFileException {
    float[] out = new float[config.list(key).size()];
    for (int i = 0; i < out.length; i++) {
      out[i] = (float) config.list(key).get(i).node().asDouble();
    }
    return out;
  }

  private static ObjectNode modelConfig(CaseConfig config) throws InvalidFileException {
    if (config.get("model_config").node() instanceof ObjectNode object) {
      return object;
    }
    throw new InvalidFileException(config.file(), "needs an object under 'model_config'");
  }

  private static Pixels picture(CaseFolder folder, String name) throws InvalidFileException {
    Shape shape = folder.inputs().shape(name);
    long[] values = folder.longs(folder.inputs(), name);
    byte[] rgb = new byte[values.length];
    for (int i = 0; i < rgb.length; i++) {
      rgb[i] = (byte) values[i];
    }
    return new Pixels(shape.intDim(1), shape.intDim(0), rgb);
  }

  private static long[][] rows(CaseFolder folder, String name) throws InvalidFileException {
    Shape shape = folder.inputs().shape(name);
    long[] values = folder.longs(folder.inputs(), name);
    long[][] rows = new long[shape.intDim(0)][];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = Arrays.copyOfRange(values, i * shape.intDim(1), (i + 1) * shape.intDim(1));
    }
    return rows;
  }

  private static double[] flat(double[][] rows) {
    return Arrays.stream(rows).flatMapToDouble(Arrays::stream).toArray();
  }
}
