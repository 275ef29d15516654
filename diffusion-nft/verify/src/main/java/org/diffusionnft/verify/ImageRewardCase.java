package org.diffusionnft.verify;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.diffusionnft.autograd.Variable;
import org.diffusionnft.images.Pixels;
import org.diffusionnft.models.blip.ImageRewardModel;
import org.diffusionnft.models.tokenizer.Encoded;
import org.diffusionnft.models.tokenizer.Tokenizer;
import org.diffusionnft.rewards.clip.ClipPreprocessing;
import org.diffusionnft.rewards.imagereward.ImageReward;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;
import org.diffusionnft.weights.blip.ImageRewardCheckpoint;
import org.diffusionnft.weights.io.InvalidFileException;
import org.diffusionnft.weights.io.StrictJson;
import org.diffusionnft.weights.tokenizer.BertVocabulary;

/**
 * The whole of ImageReward: the ids of unusual texts, preprocessing of pictures, both encoders, the
 * scores, the ranking of pictures for a prompt, and the results of DiffusionNFT's scorer.
 */
final class ImageRewardCase implements CaseKind {
  @Override
  public String name() {
    return "image_reward";
  }

  @Override
  public boolean recognises(CaseFolder folder) {
    return folder.config().has("med_config") && folder.expects("inference_rank.rewards");
  }

  @Override
  public void verify(CaseFolder folder, Device device, Checks checks) throws IOException {
    CaseConfig config = folder.config();
    Path texts = folder.path().resolve("texts.json");
    CaseConfig strings = new CaseConfig(texts, "", StrictJson.readObject(texts));
    Tokenizer tokenizer =
        BertVocabulary.open(folder.path().resolve("vocab.txt"), ImageReward.APPENDED);
    int length = config.integer("max_length");
    tokens(folder, checks, "tokenizer.", encode(tokenizer, strings.list("strings"), length));
    List<Encoded> prompts = encode(tokenizer, strings.list("prompts"), length);
    tokens(folder, checks, "", prompts);
    try (ImageRewardCheckpoint checkpoint =
            ImageRewardCheckpoint.open(
                folder.path().resolve("weights.safetensors"),
                config.get("vision").integer("num_heads"),
                config.get("med_config").integer("num_attention_heads"));
        ImageRewardModel model = checkpoint.load(device)) {
      ClipPreprocessing preprocessing = ClipPreprocessing.ofSize(model.vision().imageSize());
      scores(folder, checks, model, prompts, preprocess(folder, checks, preprocessing), device);
    }
  }

  private static List<Encoded> encode(Tokenizer tokenizer, List<CaseConfig> texts, int length) {
    return texts.stream().map(t -> tokenizer.encode(t.node().asText(), length)).toList();
  }

  private static void tokens(CaseFolder folder, Checks checks, String prefix, List<Encoded> encoded)
      throws InvalidFileException {
    long[] ids = encoded.stream().flatMapToLong(e -> Arrays.stream(e.ids())).toArray();
    long[] mask =
        encoded.stream()
            .flatMapToLong(
                e -> IntStream.range(0, e.ids().length).mapToLong(i -> i < e.used() ? 1 : 0))
            .toArray();
    same(folder, checks, prefix + "input_ids", ids);
    same(folder, checks, prefix + "attention_mask", mask);
  }

  /** Compares ids, which are stored among the inputs, since they are the model's inputs. */
  private static void same(CaseFolder folder, Checks checks, String name, long[] ids)
      throws InvalidFileException {
    checks.against(
        name,
        Arrays.stream(ids).asDoubleStream().toArray(),
        Arrays.stream(folder.longs(folder.inputs(), name)).asDoubleStream().toArray(),
        Margin.exact());
  }

  /** Preprocesses every picture for the encoder, from its bytes in the tensors and from its PNG. */
  private static float[] preprocess(
      CaseFolder folder, Checks checks, ClipPreprocessing preprocessing) throws IOException {
    float[] all = {};
    for (int i = 0; folder.hasInput("image" + i + ".array"); i++) {
      String name = "image" + i + ".array";
      Shape shape = folder.inputs().shape(name);
      Pixels picture = picture(folder, shape, folder.longs(folder.inputs(), name));
      byte[] small = preprocessing.shrink(picture).rgb();
      int step = shape.rank() == 3 && shape.dim(2) == 3 ? 1 : 3; // one channel if recorded as grey
      double[] unsigned = new double[small.length / step];
      Arrays.setAll(unsigned, j -> small[j * step] & 0xff);
      checks.values("resized_uint8." + i, Margin.exact(), unsigned);
      RecordedPicture.check(folder, i, picture, checks);
      float[] one = preprocessing.centred(picture);
      int at = all.length;
      all = Arrays.copyOf(all, at + one.length);
      System.arraycopy(one, 0, all, at, one.length);
    }
    checks.values("pixel_values", Doubles.of(all));
    return all;
  }

  /** A picture in one of the modes that the reference code produces: colour and grey. */
  private static Pixels picture(CaseFolder folder, Shape shape, long[] values)
      throws InvalidFileException {
    int channels = shape.rank() == 3 ? shape.intDim(2) : 1;
    if (channels != 1 && channels != 3) {
      throw new InvalidFileException(
          folder.config().file(), "has a picture of %d channels, not 1 or 3".formatted(channels));
    }
    byte[] rgb = new byte[values.length / channels * 3];
    for (int i = 0; i < rgb.length; i++) {
      rgb[i] = (byte) values[channels == 3 ? i : i / 3];
    }
    return new Pixels(shape.intDim(1), shape.intDim(0), rgb);
  }

  private static void scores(
      CaseFolder folder,
      Checks checks,
      ImageRewardModel model,
      List<Encoded> prompts,
      float[] pixels,
      Device device)
      throws InvalidFileException {
    int side = model.vision().imageSize();
    int count = prompts.size();
    Observed seen = new Observed("");
    Tensor square = Tensor.of(device, pixels, pixels.length / (3L * side * side), 3, side, side);
    Variable pictures = model.pictures(square, seen::see);
    double[] scores = model.scores(ids(prompts), used(prompts), pictures, seen::see);
    seen.check(folder, checks);
    checks.values("vision.output", pictures.value().toDoubles());
    checks.values("reward", scores);
    checks.values("nft.scores", scores);
    List<Encoded> first = java.util.Collections.nCopies(count, prompts.getFirst());
    double[] ranked = model.scores(ids(first), used(first), pictures);
    checks.values("inference_rank.rewards", ranked);
    double[] ranks = new double[count];
    for (int i = 0; i < count; i++) {
      double own = ranked[i];
      ranks[i] = 1 + Arrays.stream(ranked).filter(other -> other > own).count();
    }
    checks.values("inference_rank.rank", ranks);
  }

  private static long[][] ids(List<Encoded> prompts) {
    return prompts.stream().map(Encoded::ids).toArray(long[][]::new);
  }

  private static int[] used(List<Encoded> prompts) {
    return prompts.stream().mapToInt(Encoded::used).toArray();
  }
}
