package org.diffusionnft.trainer;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import org.diffusionnft.models.transformer.Conditioning;
import org.diffusionnft.rewards.Prompt;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.Layout;
import org.diffusionnft.tensor.Memory;
import org.diffusionnft.tensor.Tensor;

/**
 * The embeddings of an epoch's prompts, each encoded once, and the batches cut from them. With
 * guidance, that of the empty prompt too.
 */
final class PromptTable implements AutoCloseable {
  private final Device device;
  private final SequencedMap<String, Integer> rows = new LinkedHashMap<>();
  private final Tensor text;
  private final Tensor pooled;

  PromptTable(Device device, PromptEncoder encoder, List<Prompt> prompts, boolean guided) {
    this.device = device;
    prompts.forEach(p -> rows.putIfAbsent(p.text(), rows.size()));
    if (guided) {
      rows.putIfAbsent("", rows.size());
    }
    try (Memory.Scope scope = device.memory().scope()) {
      Conditioning encoded = encoder.encode(device, new ArrayList<>(rows.keySet()));
      text = encoded.text().value().keepForever();
      pooled = encoded.pooled().value().keepForever();
    }
  }

  /** The embeddings of these prompts, owned by the innermost open scope. */
  Conditioning of(List<Prompt> prompts) {
    long[] ids = prompts.stream().mapToLong(p -> rows.getOrDefault(p.text(), -1)).toArray();
    Tensor index = Tensor.of(device, ids, ids.length);
    Tensor flat = text.reshape(text.dim(0), -1);
    return Conditioning.of(
        Layout.gather(flat, index).reshape(text.shape().with(0, ids.length)),
        Layout.gather(pooled, index));
  }

  /** The embedding of the empty prompt, {@code count} times; only available with guidance. */
  Conditioning empty(int count) {
    return of(Collections.nCopies(count, Prompt.of("")));
  }

  @Override
  public void close() {
    text.release();
    pooled.release();
  }
}
