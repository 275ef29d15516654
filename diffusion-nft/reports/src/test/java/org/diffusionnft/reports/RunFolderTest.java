package org.diffusionnft.reports;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.diffusionnft.weights.io.InvalidFileException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Nothing gets into a page that does not lie in the run's folder. */
@DisabledOnOs(OS.WINDOWS)
class RunFolderTest {
  private static final String PICTURE = "data:image/png;base64,";
  private static final String SECRET = "root:x:0:0:secret";

  @TempDir private Path temp;
  private Path run;
  private Path secret;

  @BeforeEach
  void write() throws IOException {
    run = SmallRun.write(temp.resolve("run"));
    secret = temp.resolve("secret");
    Files.writeString(secret, SECRET);
  }

  /** A run on a cluster says who waited; one that was not has nothing to say. */
  @Test
  void executorsAreAddedUpOverEpochs() throws IOException {
    assertEquals(0, RunSummary.of(run).path("executors").size());
    String line =
        "{\"epoch\":%d,\"executor\":\"%s\",\"orders\":3,\"busy_seconds\":2.5,"
            + "\"longest_seconds\":%s,\"idle_share\":0.5,\"failed\":%d}\n";
    Files.writeString(
        run.resolve("executors.jsonl"),
        line.formatted(1, "0 on a", "1.5", 0)
            + line.formatted(1, "1 on b", "1", 0)
            + line.formatted(2, "0 on a", "1", 2));
    JsonNode executors = RunSummary.of(run).path("executors");
    assertEquals(
        "{\"executor\":\"0 on a\",\"epochs\":2,\"orders\":6.0,\"busy\":5.0,\"longest\":1.5,"
            + "\"idle\":0.5,\"failed\":2.0}",
        executors.get(0).toString());
    assertEquals("1 on b", executors.get(1).path("executor").asText());
  }

  @Test
  void picturesOfTheRunAreShown() throws IOException {
    JsonNode shown = RunSummary.of(run);
    assertTrue(shown.at("/groups/0/best/image").asText().startsWith(PICTURE));
    assertTrue(shown.at("/groups/0/worst/image").asText().startsWith(PICTURE));
    assertEquals(1, shown.path("sheets").size());
  }

  /** However the folder is written: "." has no name, "run/../run" is not normal. */
  @ParameterizedTest
  @ValueSource(strings = {".", "../run", "groups/..", "./"})
  void theFolderMayBeWrittenInAnyWay(String way) throws IOException {
    JsonNode shown = RunSummary.of(run.resolve(way));
    assertTrue(shown.at("/groups/0/best/image").asText().startsWith(PICTURE));
    assertEquals("run", shown.path("name").asText());
  }

  @Test
  void aLinkToTheFolderIsTheFolder() throws IOException {
    Path link = Files.createSymbolicLink(temp.resolve("newest"), run);
    JsonNode shown = RunSummary.of(link);
    assertTrue(shown.at("/groups/0/best/image").asText().startsWith(PICTURE));
    assertEquals("newest", shown.path("name").asText());
  }

  @Test
  void linksOutOfTheFolderAreNotFollowed() throws IOException {
    Path other = temp.resolve("other.png");
    SmallRun.picture(other, 16);
    Files.createSymbolicLink(run.resolve("groups/link.png"), other);
    Files.createSymbolicLink(run.resolve("elsewhere"), temp);
    SmallRun.group(run, "groups/link.png", "elsewhere/other.png");
    Files.createSymbolicLink(run.resolve("samples/epoch-000002.png"), other);
    Files.delete(run.resolve("config.yaml"));
    Files.createSymbolicLink(run.resolve("config.yaml"), secret);
    Files.createSymbolicLink(run.resolve("evaluations.jsonl"), secret);
    JsonNode shown = RunSummary.of(run);
    assertEquals("", shown.at("/groups/0/best/image").asText());
    assertEquals("", shown.at("/groups/0/worst/image").asText());
    assertEquals("", shown.path("config").asText());
    assertEquals(1, shown.path("sheets").size());
  }

  @Test
  void folderOfSamplesElsewhereIsNotRead() throws IOException {
    Path samples = SmallRun.write(temp.resolve("other")).resolve("samples");
    Files.delete(run.resolve("samples/epoch-000001.png"));
    Files.delete(run.resolve("samples"));
    Files.createSymbolicLink(run.resolve("samples"), samples);
    assertEquals(0, RunSummary.of(run).path("sheets").size());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"../secret", "groups/../../secret", "groups", "", ".", "a\\u0000b", "config.yaml"})
  void onlyPicturesInTheFolderAreShown(String name) throws IOException {
    SmallRun.group(run, name, secret.toString());
    String shown = RunSummary.of(run).toString();
    assertEquals("", RunSummary.of(run).at("/groups/0/best/image").asText(), shown);
    assertEquals("", RunSummary.of(run).at("/groups/0/worst/image").asText(), shown);
    assertFalse(shown.contains(SECRET), shown);
  }

  @Test
  void metricsElsewhereAreRefused() throws IOException {
    Files.delete(run.resolve("metrics.jsonl"));
    Files.createSymbolicLink(run.resolve("metrics.jsonl"), secret);
    String said = assertThrows(InvalidFileException.class, () -> RunSummary.of(run)).getMessage();
    assertTrue(said.contains("metrics.jsonl leads out of the folder"), said);
  }

  @Test
  void whatIsNoPictureIsLeftOut() throws IOException {
    Files.writeString(run.resolve("groups/best.png"), "no picture");
    byte[] large = new byte[300_000];
    System.arraycopy(
        Files.readAllBytes(run.resolve("groups/worst.png")), 0, large, 0, 40); // a cut PNG
    Files.write(run.resolve("groups/worst.png"), large);
    JsonNode shown = RunSummary.of(run);
    assertEquals("", shown.at("/groups/0/best/image").asText());
    assertEquals("", shown.at("/groups/0/worst/image").asText());
  }

  @Test
  void largePicturesAreMadeSmaller() throws IOException {
    SmallRun.picture(run.resolve("groups/best.png"), 300);
    String shown = RunSummary.of(run).at("/groups/0/best/image").asText();
    assertTrue(shown.startsWith("data:image/jpeg;base64,"), shown.substring(0, 40));
  }
}
