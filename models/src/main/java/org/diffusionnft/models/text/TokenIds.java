package org.diffusionnft.models.text;

import java.util.stream.LongStream;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.Tensor;

/** Token ids as inputs of an encoder. */
public final class TokenIds {
  private TokenIds() {}

  /**
   * I64 {@code [B, T]}.
   *
   * @throws IllegalArgumentException if rows are longer than {@code longest}, have unequal lengths,
   *     or hold an id outside {@code vocabSize}
   */
  public static Tensor tensor(Device device, long[][] ids, int vocabSize, int longest) {
    int length = ids.length == 0 ? 0 : ids[0].length;
    if (length < 1 || length > longest) {
      throw new IllegalArgumentException(
          ids.length + " prompts of " + length + " tokens: the encoder takes 1 to " + longest);
    }
    long[] flat = new long[ids.length * length];
    for (int i = 0; i < ids.length; i++) {
      if (ids[i].length != length) {
        throw new IllegalArgumentException(
            "prompts of " + length + " and of " + ids[i].length + " tokens in one batch");
      }
      for (int j = 0; j < length; j++) {
        if (ids[i][j] < 0 || ids[i][j] >= vocabSize) {
          throw new IllegalArgumentException(
              "token id "
                  + ids[i][j]
                  + " is none of the encoder's "
                  + vocabSize
                  + ": are tokenizer and encoder of one model?");
        }
        flat[i * length + j] = ids[i][j];
      }
    }
    return Tensor.of(device, flat, ids.length, length);
  }

  /** I64 {@code [n]}: 0, 1, ... */
  public static Tensor upTo(Device device, long n) {
    return Tensor.of(device, LongStream.range(0, n).toArray(), n);
  }

  /** The row of each prompt's pooled token, in the concatenated tokens of all prompts. */
  static long[] rows(long[][] ids, int eosTokenId) {
    long[] rows = new long[ids.length];
    for (int i = 0; i < ids.length; i++) {
      int at = 0;
      for (int j = 0; j < ids[i].length; j++) {
        boolean better =
            eosTokenId == ClipTextConfig.LARGEST_ID
                ? ids[i][j] > ids[i][at]
                : ids[i][j] == eosTokenId && ids[i][at] != eosTokenId;
        at = better ? j : at;
      }
      rows[i] = (long) i * ids[i].length + at;
    }
    return rows;
  }
}
