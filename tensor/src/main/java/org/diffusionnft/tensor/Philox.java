package org.diffusionnft.tensor;

import java.util.random.RandomGenerator;

/**
 * Philox-4x32-10, the counter-based generator of Salmon et al. (SC 2011): the numbers at an address
 * (seed, stream, position) do not depend on the device, the number of threads or where a run is
 * resumed, and each can be computed without those before it.
 */
public final class Philox {
  private static final int M0 = 0xD2511F53;
  private static final int M1 = 0xCD9E8D57;
  private static final int W0 = 0x9E3779B9;
  private static final int W1 = 0xBB67AE85;

  private final int key0;
  private final int key1;
  private final long stream;

  /** The numbers of one stream of a seed. */
  public Philox(long seed, long stream) {
    this.key0 = (int) seed;
    this.key1 = (int) (seed >>> 32);
    this.stream = stream;
  }

  /** Block {@code position}: four uniform 32-bit words into {@code out}. */
  public void block(long position, int[] out) {
    int c0 = (int) position;
    int c1 = (int) (position >>> 32);
    int c2 = (int) stream;
    int c3 = (int) (stream >>> 32);
    int k0 = key0;
    int k1 = key1;
    for (int round = 0; round < 10; round++) {
      long p0 = Integer.toUnsignedLong(M0) * Integer.toUnsignedLong(c0);
      long p1 = Integer.toUnsignedLong(M1) * Integer.toUnsignedLong(c2);
      int n0 = (int) (p1 >>> 32) ^ c1 ^ k0;
      int n2 = (int) (p0 >>> 32) ^ c3 ^ k1;
      c1 = (int) p1;
      c3 = (int) p0;
      c0 = n0;
      c2 = n2;
      k0 += W0;
      k1 += W1;
    }
    out[0] = c0;
    out[1] = c1;
    out[2] = c2;
    out[3] = c3;
  }

  /**
   * {@code count} standard normal numbers from {@code position}, which counts numbers, by the
   * Box-Muller transform with {@link StrictMath}, so that every JVM gives the same bits.
   */
  public float[] normals(long position, int count) {
    return numbers(position, count, Philox::toNormals);
  }

  /** {@code count} numbers uniform in [0, 1), 24 bits each, from {@code position}. */
  public float[] uniforms(long position, int count) {
    return numbers(position, count, Philox::toUniforms);
  }

  /** Maps four words to four numbers. */
  private interface Distribution {
    void apply(int[] block, float[] numbers);
  }

  private float[] numbers(long position, int count, Distribution distribution) {
    float[] out = new float[count];
    int[] block = new int[4];
    float[] four = new float[4];
    long current = -1;
    for (int i = 0; i < count; i++) {
      long at = position + i;
      if (at >>> 2 != current) {
        current = at >>> 2;
        block(current, block);
        distribution.apply(block, four);
      }
      out[i] = four[(int) (at & 3)];
    }
    return out;
  }

  private static void toUniforms(int[] block, float[] numbers) {
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = (block[i] >>> 8) * 0x1p-24f;
    }
  }

  private static void toNormals(int[] block, float[] numbers) {
    for (int i = 0; i < numbers.length; i += 2) {
      // In (0, 1], so that the logarithm is finite.
      double u = (Integer.toUnsignedLong(block[i]) + 1) * 0x1p-32;
      double radius = StrictMath.sqrt(-2 * StrictMath.log(u));
      double angle = 2 * Math.PI * (Integer.toUnsignedLong(block[i + 1]) * 0x1p-32);
      numbers[i] = (float) (radius * StrictMath.cos(angle));
      numbers[i + 1] = (float) (radius * StrictMath.sin(angle));
    }
  }

  /**
   * A generator for the JDK's interfaces that reads this stream from {@code position}, which counts
   * blocks.
   */
  public Sequence sequence(long position) {
    return new Sequence(position);
  }

  /** Draws numbers in order; to continue later, start from {@link #position}. */
  public final class Sequence implements RandomGenerator {
    private final int[] block = new int[4];
    private long position;

    private Sequence(long position) {
      this.position = position;
    }

    /** The next block that will be read. */
    public long position() {
      return position;
    }

    @Override
    public long nextLong() {
      block(position++, block);
      return ((long) block[0] << 32) | Integer.toUnsignedLong(block[1]);
    }
  }
}
