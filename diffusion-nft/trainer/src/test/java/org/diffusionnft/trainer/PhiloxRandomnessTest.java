package org.diffusionnft.trainer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.diffusionnft.models.solver.Noise;
import org.diffusionnft.rewards.Prompt;
import org.diffusionnft.tensor.ReferenceDevice;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.trainer.config.PromptSettings;
import org.junit.jupiter.api.Test;

class PhiloxRandomnessTest {
  private static final PromptPool POOL =
      PromptPool.of(IntStream.range(0, 10).mapToObj(i -> Prompt.of("prompt " + i)).toList());
  private static final Randomness RANDOM = random(1);

  @Test
  void everyPromptOfAnEpochIsDifferentAndRepeated() {
    List<Prompt> images = RANDOM.prompts(3);
    assertEquals(12, images.size());
    assertEquals(4, new HashSet<>(images).size());
    for (int i = 0; i < 12; i++) {
      assertEquals(images.get(i - i % 3), images.get(i));
    }
    assertEquals(images, random(1).prompts(3));
    assertFalse(images.equals(RANDOM.prompts(4)) && images.equals(random(2).prompts(3)));
  }

  @Test
  void aPoolThatIsTooSmallSaysSo() {
    PromptPool pool = PromptPool.of(List.of(Prompt.of("a"), Prompt.of("b")));
    Randomness few = new PhiloxRandomness(1, pool, new PromptSettings("", 3, 2));
    assertThrows(IllegalArgumentException.class, () -> few.prompts(0));
    PromptPool same = PromptPool.generated(_ -> Prompt.of("always"));
    Randomness one = new PhiloxRandomness(1, same, new PromptSettings("", 2, 2));
    assertThrows(IllegalArgumentException.class, () -> one.prompts(0));
    assertThrows(
        IllegalArgumentException.class,
        () -> PromptPool.of(List.of(Prompt.of("a"), Prompt.of("a"))));
  }

  @Test
  void imagesHaveTheirNoiseWhateverTheirBatch() {
    try (ReferenceDevice device = new ReferenceDevice()) {
      Shape two = Shape.of(2, 3, 5);
      for (int step = Noise.INITIAL; step < 2; step++) {
        float[] together = RANDOM.sampling(5, 6, 2).draw(device, step, two).toFloats();
        float[] second = RANDOM.sampling(5, 7, 1).draw(device, step, Shape.of(1, 3, 5)).toFloats();
        assertArrayEquals(second, Arrays.copyOfRange(together, 15, 30));
        assertFalse(Arrays.equals(second, Arrays.copyOf(together, 15)));
      }
    }
  }

  @Test
  void ordersArePermutationsThatDiffer() {
    Set<String> seen = new HashSet<>();
    int[] firsts = new int[10];
    for (int place = 0; place < 1000; place++) {
      int[] order = RANDOM.timestepOrder(2, place, 10);
      assertEquals(
          Set.of(0, 1, 2, 3, 4, 5, 6, 7, 8, 9), Set.copyOf(IntStream.of(order).boxed().toList()));
      seen.add(Arrays.toString(order));
      firsts[order[0]]++;
    }
    assertTrue(seen.size() > 990);
    for (int count : firsts) {
      assertTrue(count > 60 && count < 140, Arrays.toString(firsts));
    }
    assertArrayEquals(RANDOM.imageOrder(7, 24), random(1).imageOrder(7, 24));
  }

  @Test
  void trainingNoiseOfTurnsDoesNotOverlap() {
    float[] first = RANDOM.training(0, 0, 0, 6);
    float[] second = RANDOM.training(0, 0, 1, 6);
    for (float a : first) {
      for (float b : second) {
        assertFalse(a == b);
      }
    }
    assertThrows(IllegalArgumentException.class, () -> RANDOM.training(0, 1 << 24, 0, 6));
    assertThrows(IllegalArgumentException.class, () -> RANDOM.imageOrder(-1, 6));
  }

  private static Randomness random(long seed) {
    return new PhiloxRandomness(seed, POOL, new PromptSettings("", 4, 3));
  }
}
