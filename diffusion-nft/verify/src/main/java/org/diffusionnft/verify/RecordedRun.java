package org.diffusionnft.verify;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import org.diffusionnft.images.Images;
import org.diffusionnft.models.solver.Noise;
import org.diffusionnft.models.transformer.Conditioning;
import org.diffusionnft.rewards.Prompt;
import org.diffusionnft.rewards.Reward;
import org.diffusionnft.tensor.DType;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.InvalidInputException;
import org.diffusionnft.tensor.Layout;
import org.diffusionnft.tensor.Tensor;
import org.diffusionnft.trainer.PromptEncoder;
import org.diffusionnft.trainer.Randomness;
import org.diffusionnft.weights.io.InvalidFileException;

/**
 * Replays the random draws of a reference run and its substitutes for text encoders and reward: a
 * table of embeddings, and the squared distance to one target image per prompt.
 */
final class RecordedRun implements Randomness, PromptEncoder, Reward {
  private final List<String> texts = new ArrayList<>();
  private final long[] promptIndex; // [epochs, images]
  private final long[] imageOrder; // [epochs, images]
  private final long[] timestepOrder; // [epochs, images, steps]
  private final float[] start; // [epochs, images, size]
  private final float[] noise; // [epochs, batches, turns, batchSize, size]
  private final float[] targets; // [prompts, size]
  private final Tensor text; // [prompts, tokens, J]
  private final Tensor pooled; // [prompts, P]
  private final int images;
  private final int batchSize;
  private final int turns;
  private final int steps;
  private final int size;

  RecordedRun(CaseFolder folder, Device device) throws InvalidFileException {
    for (CaseConfig prompt : folder.config().list("prompts")) {
      texts.add(prompt.node().asText());
    }
    promptIndex = folder.longs(folder.inputs(), "prompt_index");
    imageOrder = folder.longs(folder.inputs(), "perm");
    timestepOrder = folder.longs(folder.inputs(), "perms_time");
    start = folder.floats(folder.inputs(), "z_init");
    noise = folder.floats(folder.inputs(), "train_noise");
    targets = folder.floats(folder.inputs(), "reward_targets");
    text = folder.input("prompt_embeds", device);
    pooled = folder.input("pooled_prompt_embeds", device);
    images = folder.inputs().shape("perm").intDim(1);
    steps = folder.inputs().shape("perms_time").intDim(2);
    turns = folder.inputs().shape("train_noise").intDim(2);
    batchSize = folder.inputs().shape("train_noise").intDim(3);
    size = targets.length / texts.size();
  }

  int images() {
    return images;
  }

  @Override
  public List<Prompt> prompts(long epoch) {
    List<Prompt> prompts = new ArrayList<>();
    for (int i = 0; i < images; i++) {
      prompts.add(Prompt.of(texts.get((int) promptIndex[(int) epoch * images + i])));
    }
    return prompts;
  }

  /** Deterministic solvers multiply the noise of steps by 0. */
  @Override
  public Noise sampling(long epoch, int firstImage, int count) {
    int from = ((int) epoch * images + firstImage) * size;
    return (device, step, shape) ->
        step == Noise.INITIAL
            ? Tensor.of(device, Arrays.copyOfRange(start, from, from + count * size), shape.dims())
            : Tensor.zeros(device, DType.F32, shape);
  }

  @Override
  public int[] imageOrder(long pass, int count) {
    return row(imageOrder, (int) pass, count);
  }

  @Override
  public int[] timestepOrder(long pass, int place, int timesteps) {
    return row(timestepOrder, (int) pass * images + place, steps);
  }

  @Override
  public float[] training(long pass, int place, int turn, int wanted) {
    int batch = (int) pass * (images / batchSize) + place / batchSize;
    int from = ((batch * turns + turn) * batchSize + place % batchSize) * size;
    return Arrays.copyOfRange(noise, from, from + size);
  }

  @Override
  public Conditioning encode(Device device, List<String> wanted) {
    // The trainer passes each text once; the table is in the order of the case's prompts.
    if (!new LinkedHashSet<>(texts).containsAll(wanted)) {
      throw new InvalidInputException("the case has no embeddings of " + wanted);
    }
    long[] ids = wanted.stream().mapToLong(texts::indexOf).toArray();
    Tensor index = Tensor.of(device, ids, ids.length);
    Tensor flat = text.reshape(text.dim(0), -1);
    return Conditioning.of(
        Layout.gather(flat, index).reshape(text.shape().with(0, ids.length)),
        Layout.gather(pooled, index));
  }

  /** {@code -mean((latents - target of the prompt)²)}. */
  @Override
  public float[] score(Images latents, List<Prompt> prompts) {
    float[] scores = new float[prompts.size()];
    for (int i = 0; i < scores.length; i++) {
      int target = texts.indexOf(prompts.get(i).text()) * size;
      float[] image = latents.image(i);
      double sum = 0;
      for (int j = 0; j < size; j++) {
        float d = image[j] - targets[target + j];
        sum += d * d;
      }
      scores[i] = (float) -(sum / size);
    }
    return scores;
  }

  private static int[] row(long[] table, int row, int length) {
    int[] out = new int[length];
    Arrays.setAll(out, i -> (int) table[row * length + i]);
    return out;
  }
}
