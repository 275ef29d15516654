package org.diffusionnft.studies.benchmark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.diffusionnft.rewards.RewardSettings;
import org.diffusionnft.tensor.InvalidInputException;
import org.diffusionnft.weights.io.InvalidFileException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BenchmarkTest {
  @TempDir private Path folder;

  @Test
  void shapesHasPromptsAndRewardsOfItsOwn() throws IOException {
    Benchmark shapes = Benchmark.open("shapes", null, 20);
    assertEquals(20, shapes.prompts().size());
    assertEquals(List.of("shapes_strict", "shapes_graded"), List.copyOf(shapes.rewards().keySet()));
    assertTrue(shapes.prompts().stream().noneMatch(p -> Benchmark.category(p).isEmpty()));
  }

  @Test
  void aFileNeedsRewards() throws IOException {
    Path file = folder.resolve("own.txt");
    Files.writeString(file, "a cat\na dog\n");
    InvalidInputException error =
        assertThrows(InvalidInputException.class, () -> Benchmark.open(file.toString(), null, 9));
    assertTrue(error.getMessage().contains("--rewards"), error.getMessage());
    Benchmark own = Benchmark.open(file.toString(), RewardSettings.named(List.of("ocr")), 9);
    assertEquals(2, own.prompts().size());
    assertEquals("", Benchmark.category(own.prompts().getFirst()));
  }

  @Test
  void theReferenceCodesFoldersAreNamedWhenMissing() {
    InvalidFileException error =
        assertThrows(InvalidFileException.class, () -> Benchmark.open("drawbench", null, 9));
    assertTrue(error.getMessage().contains("drawbench"), error.getMessage());
    assertTrue(error.getMessage().contains("--benchmark FILE"), error.getMessage());
  }

  @Test
  void namesComeFromPathsUnlessGiven() {
    assertEquals("epoch-10", Policy.parse("runs/one/epoch-10").name());
    assertEquals("early", Policy.parse("early=runs/one/epoch-10").name());
    assertEquals(Path.of("./runs/a=b/last"), Policy.parse("./runs/a=b/last").adapter());
    assertThrows(InvalidInputException.class, () -> Policy.parse("runs/a b"));
    assertThrows(InvalidInputException.class, () -> Policy.parse("/"));
  }

  /** A score of the paper is shown as printed there, ours in its unit. */
  @Test
  void thePapersTableHasItsUnits() throws IOException {
    PaperTable paper = PaperTable.read();
    List<String> columns = paper.columns(List.of("ocr", "jpeg_compressibility", "pickscore"));
    assertEquals(List.of("ocr", "pickscore"), columns);
    assertEquals(9, paper.rows(columns).size());
    assertEquals(
        List.of("DiffusionNFT, 1700 iterations, without guidance", "0.91", "23.80"),
        paper.rows(columns).getLast());
    assertEquals("23.400", paper.text("pickscore", 0.9));
  }
}
