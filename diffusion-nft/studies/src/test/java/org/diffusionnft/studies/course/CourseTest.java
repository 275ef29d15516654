package org.diffusionnft.studies.course;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.image.BufferedImage;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.diffusionnft.models.solver.Solver;
import org.diffusionnft.tensor.Philox;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Tag("slow")
class CourseTest {
  private static final ToySampler SAMPLER = new ToySampler(Solver.named("dpm2", true, 0), 30);

  private final ToyWorld world = ToyWorld.eight();

  /** The paper's decomposition, and the update direction seen from both sides. */
  @Test
  void theOldPolicyIsTheMeanOfBothImplicitOnes() {
    for (double t : new double[] {0.1, 0.5, 0.95}) {
      for (Vector2 x : List.of(new Vector2(0.3, -0.2), new Vector2(1.5, 1), new Vector2(-2, 0))) {
        ToyWorld.At at = world.at(x, t);
        near(at.old(), at.positive().times(at.alpha()).plus(at.negative().times(1 - at.alpha())));
        near(at.direction(), at.old().minus(at.negative()).times(1 - at.alpha()));
        near(at.positive(), world.conditioned(true).at(x, t).old());
        near(at.negative(), world.conditioned(false).at(x, t).old());
      }
    }
  }

  /** The formula is the mean of ε - x0 over noised images that come to a place. */
  @Test
  void theVelocityIsThatOfTheNoisedImages() {
    double t = 0.6;
    Vector2 place = new Vector2(0.8, 0.4);
    List<Vector2> images = SAMPLER.images((x, at) -> world.at(x, at).old(), 60_000);
    Vector2 sum = Vector2.ZERO;
    int count = 0;
    for (int i = 0; i < images.size(); i++) {
      float[] e = new Philox(1, i).normals(0, 2);
      Vector2 noise = new Vector2(e[0], e[1]);
      Vector2 noised = images.get(i).times(1 - t).plus(noise.times(t));
      if (noised.minus(place).length() < 0.2) {
        sum = sum.plus(noise.minus(images.get(i)));
        count++;
      }
    }
    assertTrue(count > 200, "only " + count + " points");
    assertEquals(0, sum.times(1.0 / count).minus(world.at(place, t).old()).length(), 0.2);
  }

  @Test
  void sampledImagesHaveTheSharesOfThePolicy() {
    double all = goodShare((x, t) -> world.at(x, t).old());
    double good = goodShare((x, t) -> world.at(x, t).positive());
    double bad = goodShare((x, t) -> world.at(x, t).negative());
    assertEquals(3 / 8.0, all, 0.06);
    assertTrue(good > 0.75 && bad < 0.15, good + " and " + bad);
  }

  private double goodShare(ToySampler.Field field) {
    List<Vector2> images = SAMPLER.images(field, 600);
    return images.stream().filter(x -> world.r(x) > 0.5).count() / 600.0;
  }

  /** Gradient descent on the trainer's loss finds the velocity of the paper's theorem. */
  @Test
  void theLossIsLeastAtTheUpdatedVelocity() {
    double t = 0.6;
    List<Vector2> images = SAMPLER.images((x, at) -> world.at(x, at).old(), 12_000);
    List<SampledUpdate.Cell> cells = SampledUpdate.learn(world, images, t, 0.5);
    assertTrue(cells.size() > 40, "only " + cells.size() + " cells");
    double error = 0;
    double size = 0;
    for (SampledUpdate.Cell cell : cells) {
      Vector2 exact = world.at(cell.centre(), t).direction().times(2 / 0.5);
      error += cell.learned().minus(cell.old()).minus(exact).length();
      size += exact.length();
    }
    assertTrue(error < 0.35 * size, error + " of " + size);
  }

  @ParameterizedTest
  @EnumSource
  void everyChapterHasAPicture(Chapter chapter) {
    BufferedImage image = chapter.draw();
    Set<Integer> colours = new HashSet<>();
    for (int y = 0; y < image.getHeight(); y += 3) {
      for (int x = 0; x < image.getWidth(); x += 3) {
        colours.add(image.getRGB(x, y));
      }
    }
    assertTrue(colours.size() > 50, "nearly empty");
    assertTrue(image.getWidth() >= 2 * Panel.SIDE);
  }

  @Test
  void thereAreFiveChapters() {
    assertEquals(Chapter.UPDATE, Chapter.number(5));
    assertThrows(IllegalArgumentException.class, () -> Chapter.number(6));
    assertThrows(IllegalArgumentException.class, () -> Chapter.number(0));
  }

  private static void near(Vector2 expected, Vector2 found) {
    assertEquals(0, expected.minus(found).length(), 1e-9 * (1 + expected.length()));
  }
}
