package org.diffusionnft.studies.course;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.diffusionnft.tensor.InvalidInputException;
import org.diffusionnft.weights.io.StrictJson;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the page to play with shows is what the course's own code says. */
@Tag("slow")
class LearnPageTest {
  private static final double ROUNDING = 1.0 / Packed.UNIT;
  private static final int RIGHT = 0b1000_0011; // the three on the right

  private static String html;
  private static JsonNode data;
  @TempDir private Path temp;

  @BeforeAll
  static void compute(@TempDir Path folder) throws IOException {
    LearnPage page = LearnPage.compute();
    html = page.html();
    Path file = page.write(folder.resolve("made/on/demand"));
    assertEquals(html, Files.readString(file));
    Matcher json =
        Pattern.compile("<script type=\"application/json\" id=\"data\">(.*?)</script>")
            .matcher(html);
    assertTrue(json.find());
    data = StrictJson.readObject(Files.writeString(folder.resolve("data.json"), json.group(1)));
  }

  @Test
  void isOneSmallFileThatNeedsNothingElse() {
    assertTrue(html.length() < 10 << 20, html.length() + " bytes");
    assertFalse(html.contains("://"), "the page names another address");
    assertFalse(
        Pattern.compile("/\\*[A-Z]+\\*/").matcher(html).find(), "a place in the template is empty");
    assertTrue(
        html.contains("default-src 'none'; script-src 'sha256-"), "scripts of others may run");
  }

  @Test
  void aFileIsNoFolder() throws IOException {
    Path file = Files.writeString(temp.resolve("page"), "mine");
    assertEquals(
        "--export needs a folder, and " + file + " is none: name another",
        assertThrows(InvalidInputException.class, () -> LearnPage.requireFolder(file))
            .getMessage());
  }

  /** At every place and level, for rewards that are computed as for those that are turned. */
  @Test
  void fieldsAreThoseOfTheFormulas() {
    near(Places.arrows(Fields.old(ToyWorld.eight())), vectors(policies(), "field"), ROUNDING);
    for (int wanted = 0; wanted < 1 << ToyWorld.BLOBS; wanted++) {
      ToyWorld world = ToyWorld.wanted(wanted);
      Turned reward = Turned.of(wanted);
      List<Vector2> positive = reward.arrows("positive");
      List<Vector2> negative = Turned.of(~wanted & 0xff).arrows("positive");
      double[] alpha = reward.alpha();
      // Its middle level is enough; the test above and the next have the others.
      int level = Places.LEVELS.size() / 2;
      for (int i = 0; i < Places.ALL.size(); i++) {
        ToyWorld.At at = world.at(Places.ALL.get(i), Places.LEVELS.get(level));
        int k = level * Places.ALL.size() + i;
        near(at.positive(), positive.get(k), ROUNDING);
        near(at.negative(), negative.get(k), ROUNDING);
        assertEquals(at.alpha(), alpha[k], ROUNDING);
        // The paper's decomposition, of what travels.
        Vector2 sum = positive.get(k).times(alpha[k]).plus(negative.get(k).times(1 - alpha[k]));
        near(at.old(), sum, 8 * ROUNDING);
      }
    }
  }

  /** Between two levels the page goes straight. */
  @Test
  void straightIsNearEnough() {
    ToyWorld world = ToyWorld.eight();
    double worst = 0;
    double sum = 0;
    int count = 0;
    for (int level = 0; level + 1 < Places.LEVELS.size(); level++) {
      double low = Places.LEVELS.get(level);
      double high = Places.LEVELS.get(level + 1);
      for (Vector2 place : Places.ALL) {
        Vector2 straight =
            world.at(place, low).positive().plus(world.at(place, high).positive()).times(0.5);
        double error = straight.minus(world.at(place, (low + high) / 2).positive()).length();
        worst = Math.max(worst, error);
        sum += error;
        count++;
      }
    }
    // Arrows are drawn at a seventh of their length: at worst 0.04 in a plane that is 6 wide.
    assertTrue(sum / count < 0.02 && worst < 0.25, sum / count + ", at worst " + worst);
  }

  @Test
  void turningIsByEighths() {
    assertEquals(1, PolicyFigure.canonical(0b1000_0000));
    assertEquals(0b111, PolicyFigure.canonical(RIGHT));
    assertEquals(36, policies().path("rewards").size());
  }

  /** Chapter 5 and 6: β, guidance, and what each does to the images. */
  @Test
  void imagesAreThoseOfTheCourse() {
    JsonNode reward = policies().path("rewards").path(Integer.toString(0b111));
    assertEquals(0.72, good(reward.path("updated").path("1"), 0b111), 0.05);
    assertEquals(0.88, good(reward.path("updated").path("0.5"), 0b111), 0.05);
    assertEquals(0.98, good(reward.path("updated").path("0.25"), 0b111), 0.03);
    assertEquals(0.98, good(reward.path("guided").path("2"), 0b111), 0.03);
    assertEquals(0.85, good(reward.path("guided").path("1"), 0b111), 0.05);
    assertEquals(0.38, good(policies().path("old"), RIGHT), 0.05);
    assertEquals(0.59, reward.path("updated").path("0.1").path("strayed").asDouble(), 0.08);
    for (double beta : PolicyFigure.BETAS) {
      assertTrue(
          reward.path("guided").has(Packed.key(1 / beta)), "no image without the negative branch");
    }
  }

  /** Each mark says where its image is. */
  @Test
  void marksAreTrue() {
    ToyWorld world = ToyWorld.eight();
    JsonNode run = data.path("flow").path("runs").path("flow 0.7 10");
    List<Vector2> frames = vectors(run, "frames");
    byte[] marks = Base64.getDecoder().decode(run.path("marks").asText());
    assertEquals(11, run.path("levels").size());
    assertEquals(11 * FlowFigure.SHOWN, frames.size());
    List<Vector2> exact = Chapter.noisy(10).images(Fields.old(world), FlowFigure.SHOWN);
    near(exact, frames.subList(10 * FlowFigure.SHOWN, frames.size()), ROUNDING);
    for (int i = 0; i < marks.length; i++) {
      assertEquals(world.nearest(exact.get(i)), marks[i] & 7);
      assertEquals(Census.strayed(world, exact.get(i)), marks[i] > 7);
    }
  }

  @Test
  void everySolverEtaAndNumberOfStepsHasItsWays() {
    int expected = FlowFigure.STEPS.size() * (2 + 3 * FlowFigure.ETAS.size());
    assertEquals(expected, data.path("flow").path("runs").size());
  }

  /** With and without the negative branch gradient descent finds what the formula says. */
  @Test
  void samplesTeachWhatTheFormulaSays() {
    JsonNode learned = data.path("update").path("learned");
    assertEquals(UpdateFigure.COUNTS.size() * UpdateFigure.BETAS.size() * 4, learned.size());
    for (String branches : List.of("BOTH", "POSITIVE")) {
      for (double beta : UpdateFigure.BETAS) {
        JsonNode few = learned.path("1500 " + Packed.key(beta) + " UNIFORM " + branches);
        JsonNode many = learned.path("12000 " + Packed.key(beta) + " UNIFORM " + branches);
        assertTrue(many.path("error").asDouble() < 0.5, many.path("error").toString());
        assertTrue(many.path("cosine").asDouble() > 0.9, many.path("cosine").toString());
        // β sets how far to follow what was learned, and nothing else.
        JsonNode one = learned.path("12000 1 UNIFORM " + branches);
        assertEquals(one.path("error").asDouble(), many.path("error").asDouble(), 2e-3);
        assertTrue(few.path("centres").asText().length() < many.path("centres").asText().length());
      }
    }
    JsonNode groups = data.path("update").path("groups");
    assertEquals(0.673, groups.path("5").path(0b0001).path(0).asDouble(), 1e-3);
    assertEquals(0.442, groups.path("5").path(0b0001).path(1).asDouble(), 1e-3);
    assertEquals(1, groups.path("1").path(0b0011).path(0).asDouble(), 1e-3);
  }

  /** Chapter 7: what its text says of the four trainings. */
  @Test
  void thePageTellsTheRaceAsItWas() {
    JsonNode race = data.path("race");
    List<JsonNode> racers = new ArrayList<>();
    race.path("racers").forEach(racers::add);
    assertEquals(4, racers.size());
    int last = race.path("epochs").asInt();
    for (JsonNode racer : racers) {
      JsonNode snapshots = racer.path("snapshots");
      assertEquals(last + 1, snapshots.size());
      assertEquals(racers.getFirst().path("snapshots").path(0), snapshots.path(0));
      assertTrue(snapshots.path(last).path("good").asDouble() > 0.9, racer.path("title").asText());
    }
    assertEquals("DiffusionNFT", racers.getFirst().path("title").asText());
    double before = strayed(racers.getFirst(), 0);
    assertEquals(before, strayed(racers.getFirst(), last), 0.05);
    for (JsonNode other : racers.subList(1, 4)) {
      assertTrue(strayed(other, last) > 3 * before, other.path("title").asText());
    }
    assertTrue(
        html.contains(
            "%d images an epoch, %d steps of the optimizer an epoch"
                .formatted(ToyTraining.IMAGES, ToyTraining.STEPS)));
  }

  private static double strayed(JsonNode racer, int epoch) {
    return racer.path("snapshots").path(epoch).path("strayed").asDouble();
  }

  private static double good(JsonNode images, int wanted) {
    double good = 0;
    for (int k = 0; k < ToyWorld.BLOBS; k++) {
      good += (wanted >> k & 1) == 1 ? images.path("shares").path(k).asDouble() : 0;
    }
    return good;
  }

  /** A reward's fields, moved along the rings and turned, as the page does it. */
  private record Turned(JsonNode node, int by) {
    static Turned of(int wanted) {
      int canonical = PolicyFigure.canonical(wanted);
      int by = 0;
      while (((canonical << by | canonical >> (ToyWorld.BLOBS - by)) & 0xff) != wanted) {
        by++;
      }
      return new Turned(policies().path("rewards").path(Integer.toString(canonical)), by);
    }

    List<Vector2> arrows(String name) {
      double cos = Math.cos(by * Math.PI / 4);
      double sin = Math.sin(by * Math.PI / 4);
      List<Vector2> all = vectors(node, name);
      List<Vector2> turned = new ArrayList<>(all);
      for (int i = 0; i < all.size(); i++) {
        Vector2 v = all.get(i);
        turned.set(moved(i), new Vector2(cos * v.x() - sin * v.y(), sin * v.x() + cos * v.y()));
      }
      return turned;
    }

    double[] alpha() {
      double[] all = numbers(node, "alpha");
      double[] moved = new double[all.length];
      for (int i = 0; i < all.length; i++) {
        moved[moved(i)] = all[i];
      }
      return moved;
    }

    private int moved(int index) {
      int place = index % Places.ALL.size();
      int first = 0;
      for (int count : Places.RINGS) {
        if (place < first + count) {
          int to = count == 1 ? first : first + (place - first + by * count / 8) % count;
          return index - place + to;
        }
        first += count;
      }
      throw new AssertionError("no place " + index);
    }
  }

  private static JsonNode policies() {
    return data.path("policies");
  }

  private static double[] numbers(JsonNode node, String name) {
    ByteBuffer bytes =
        ByteBuffer.wrap(Base64.getDecoder().decode(node.path(name).asText()))
            .order(ByteOrder.LITTLE_ENDIAN);
    double[] numbers = new double[bytes.capacity() / 2];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = bytes.getShort() / (double) Packed.UNIT;
    }
    return numbers;
  }

  private static List<Vector2> vectors(JsonNode node, String name) {
    double[] numbers = numbers(node, name);
    List<Vector2> vectors = new ArrayList<>();
    for (int i = 0; i < numbers.length; i += 2) {
      vectors.add(new Vector2(numbers[i], numbers[i + 1]));
    }
    return vectors;
  }

  private static void near(List<Vector2> expected, List<Vector2> found, double tolerance) {
    assertEquals(expected.size(), found.size());
    for (int i = 0; i < expected.size(); i++) {
      near(expected.get(i), found.get(i), tolerance);
    }
  }

  private static void near(Vector2 expected, Vector2 found, double tolerance) {
    assertEquals(0, expected.minus(found).length(), tolerance, expected + " and " + found);
  }
}
