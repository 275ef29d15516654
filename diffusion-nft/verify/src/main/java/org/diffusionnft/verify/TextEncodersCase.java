package org.diffusionnft.verify;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import org.diffusionnft.autograd.Variable;
import org.diffusionnft.models.text.ClipTextConfig;
import org.diffusionnft.models.text.ClipTextEncoder;
import org.diffusionnft.models.text.PromptEmbedding;
import org.diffusionnft.models.text.RelativePositions;
import org.diffusionnft.models.text.T5Config;
import org.diffusionnft.models.text.T5Encoder;
import org.diffusionnft.models.transformer.Conditioning;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.weights.CheckpointWeights;
import org.diffusionnft.weights.checkpoint.ClipTextConfigFile;
import org.diffusionnft.weights.checkpoint.T5ConfigFile;
import org.diffusionnft.weights.io.InvalidFileException;
import org.diffusionnft.weights.safetensors.SafetensorsFile;

/** Stable Diffusion 3's three text encoders, layer by layer, and their concatenated output. */
final class TextEncodersCase implements CaseKind {
  @Override
  public String name() {
    return "text_encoders";
  }

  @Override
  public boolean recognises(CaseFolder folder) {
    return folder.config().has("clip_l")
        && folder.config().has("t5")
        && folder.expects("prompt_embeds");
  }

  @Override
  public void verify(CaseFolder folder, Device device, Checks checks) throws IOException {
    Path file = folder.config().file();
    ClipTextConfig clipL = ClipTextConfigFile.parse(file, object(folder, "clip_l"));
    ClipTextConfig clipG = ClipTextConfigFile.parse(file, object(folder, "clip_g"));
    T5Config t5 = T5ConfigFile.parse(file, object(folder, "t5"));
    try (SafetensorsFile filesL =
            SafetensorsFile.open(folder.path().resolve("clip_l.safetensors"));
        SafetensorsFile filesG = SafetensorsFile.open(folder.path().resolve("clip_g.safetensors"));
        SafetensorsFile filesT5 = SafetensorsFile.open(folder.path().resolve("t5.safetensors"));
        ClipTextEncoder encoderL =
            ClipTextEncoder.load(clipL, new CheckpointWeights(filesL, device));
        ClipTextEncoder encoderG =
            ClipTextEncoder.load(clipG, new CheckpointWeights(filesG, device));
        T5Encoder encoderT5 = T5Encoder.load(t5, new CheckpointWeights(filesT5, device))) {
      ClipTextEncoder.Output outL = clip(folder, checks, "clip_l", encoderL);
      ClipTextEncoder.Output outG = clip(folder, checks, "clip_g", encoderG);
      Variable outT5 = t5(folder, checks, encoderT5);
      Conditioning prompt = PromptEmbedding.join(outL, outG, outT5);
      checks.tensor("prompt_embeds", prompt.text().value());
      checks.tensor("pooled_prompt_embeds", prompt.pooled().value());
      firstEndToken(folder, device, checks, clipL, filesL);
    }
    buckets(folder, checks, t5);
  }

  private static ClipTextEncoder.Output clip(
      CaseFolder folder, Checks checks, String name, ClipTextEncoder encoder)
      throws InvalidFileException {
    Observed seen = new Observed(name + ".");
    ClipTextEncoder.Output out = encoder.encode(ids(folder, name + ".input_ids"), seen::see);
    seen.check(folder, checks);
    checks.tensor(name + ".penultimate", out.penultimate().value());
    checks.tensor(name + ".last_hidden_state", out.last().value());
    checks.tensor(name + ".text_embeds", out.pooled().value());
    return out;
  }

  private static Variable t5(CaseFolder folder, Checks checks, T5Encoder encoder)
      throws InvalidFileException {
    Observed seen = new Observed("t5.");
    Variable out = encoder.encode(ids(folder, "t5.input_ids"), seen::see);
    seen.check(folder, checks);
    checks.tensor("t5.last_hidden_state", out.value());
    if (folder.hasInput("t5.long.input_ids")) {
      Variable longer = encoder.encode(ids(folder, "t5.long.input_ids"));
      checks.tensor("t5.long.last_hidden_state", longer.value());
    }
    return out;
  }

  /** With the tokenizer's own end token, its last id, the first occurrence is pooled. */
  private static void firstEndToken(
      CaseFolder folder,
      Device device,
      Checks checks,
      ClipTextConfig config,
      SafetensorsFile weights)
      throws InvalidFileException {
    String name = "clip_l.eos_rule.";
    if (!folder.hasInput(name + "input_ids")) {
      return;
    }
    ClipTextConfig other = config.withEosTokenId(config.vocabSize() - 1);
    try (ClipTextEncoder encoder =
        ClipTextEncoder.load(other, new CheckpointWeights(weights, device))) {
      ClipTextEncoder.Output out = encoder.encode(ids(folder, name + "input_ids"));
      checks.tensor(name + "text_embeds", out.pooled().value());
    }
  }

  private static void buckets(CaseFolder folder, Checks checks, T5Config config)
      throws InvalidFileException {
    if (!folder.hasInput("t5.relative_position")) {
      return;
    }
    long[] distances = folder.longs(folder.inputs(), "t5.relative_position");
    double[] buckets = new double[distances.length];
    for (int i = 0; i < buckets.length; i++) {
      buckets[i] = RelativePositions.bucket(distances[i], config.buckets(), config.maxDistance());
    }
    checks.values("t5.relative_position_bucket", buckets);
  }

  private static ObjectNode object(CaseFolder folder, String key) throws InvalidFileException {
    if (folder.config().get(key).node() instanceof ObjectNode object) {
      return object;
    }
    throw new InvalidFileException(folder.config().file(), "needs an object under '" + key + "'");
  }

  private static long[][] ids(CaseFolder folder, String name) throws InvalidFileException {
    Shape shape = folder.inputs().shape(name);
    long[] flat = folder.longs(folder.inputs(), name);
    long[][] rows = new long[shape.intDim(0)][shape.intDim(1)];
    for (int i = 0; i < rows.length; i++) {
      System.arraycopy(flat, i * rows[i].length, rows[i], 0, rows[i].length);
    }
    return rows;
  }
}
