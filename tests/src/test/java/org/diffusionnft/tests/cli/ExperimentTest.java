package org.diffusionnft.tests.cli;

import static org.diffusionnft.tests.cli.CommandLine.dnft;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;
import org.diffusionnft.weights.io.StrictJson;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("slow")
class ExperimentTest {
  @TempDir private Path folder;
  private Path config;

  @BeforeEach
  void makeBase() throws IOException {
    Path tiny = TinyBase.config(folder, TinyBase.write(folder));
    // FlowGRPO trains at all steps but the last.
    config =
        Files.writeString(
            folder.resolve("experiment.yaml"),
            Files.readString(tiny).replace("every: 2", "every: 1"));
  }

  @Test
  void headToHeadWritesAPageAndGoesOnWhereItWas() throws IOException {
    Path out = folder.resolve("out");
    dnft(headToHead(out, 2)).succeeds();
    String page = Files.readString(out.resolve("index.html"));
    for (String part :
        List.of(
            "DiffusionNFT",
            "FlowGRPO",
            "DanceGRPO",
            "rejection fine-tuning",
            "reward-weighted",
            "Cost of equal scores",
            "data:image/png;base64,",
            "±",
            "dnft experiment head-to-head --config")) {
      assertTrue(page.contains(part), part);
    }
    assertFalse(page.contains("://"), "the page needs the network");
    JsonNode arms = StrictJson.readObject(out.resolve("results.json")).path("arms");
    assertEquals(5, arms.size());
    for (JsonNode arm : arms) {
      for (String seed : List.of("1", "2")) {
        assertEquals(3, arm.path(seed).size());
        assertEquals(24, arm.path(seed).path(2).path("samples").asInt());
        assertEquals(2, arm.path(seed).path(2).path("steps").asInt());
      }
    }
    Path adapter = out.resolve("runs/flow-grpo-2/adapter/adapter_model.safetensors");
    var before = Files.getLastModifiedTime(adapter);
    dnft(headToHead(out, 2)).succeeds();
    assertEquals(before, Files.getLastModifiedTime(adapter), "it was trained again");
    dnft(headToHead(out, 3)).refuses("holds a run with other settings");
  }

  @Test
  void stepsComparesPoliciesAndSolvers() throws IOException {
    Path out = folder.resolve("steps");
    Path base = folder.resolve("base");
    Object[] command = {
      "experiment",
      "steps",
      "--base",
      base,
      "--steps",
      "1,3",
      "--solvers",
      "flow,dpm2",
      "--prompts",
      "4",
      "--out",
      out
    };
    dnft(command).succeeds();
    assertEquals(8, StrictJson.readObject(out.resolve("steps.json")).path("scores").size());
    String table = Files.readString(out.resolve("steps.md"));
    assertEquals(6, table.lines().count(), table);
    dnft(command).succeeds();
    assertEquals(table, Files.readString(out.resolve("steps.md")));
    dnft("experiment", "steps", "--steps", "0").refuses("--steps takes 1 to 1000, not 0");
    dnft("experiment", "steps", "--solvers", "heun").refuses("heun");
  }

  /** The last epoch is evaluated, however many lie between evaluations. */
  @Test
  void oneEpochIsEnough() throws IOException {
    Files.writeString(config, Files.readString(config).replace("every: 1", "every: 5"));
    Path out = folder.resolve("one");
    dnft(
            "experiment",
            "head-to-head",
            "--config",
            config,
            "--seeds",
            1,
            "--epochs",
            1,
            "--out",
            out,
            "-q")
        .succeeds();
    for (JsonNode arm : StrictJson.readObject(out.resolve("results.json")).path("arms")) {
      assertEquals(2, arm.path("1").size());
      assertEquals(12, arm.path("1").path(1).path("samples").asInt());
    }
  }

  @Test
  void anAblationWritesAPage() throws IOException {
    for (String name : List.of("negative-branch", "guidance", "weighting")) {
      Path out = folder.resolve(name);
      dnft(
              "experiment",
              "ablation",
              name,
              "--config",
              config,
              "--seeds",
              "4",
              "--epochs",
              1,
              "--out",
              out,
              "-q")
          .succeeds();
      String page = Files.readString(out.resolve("index.html"));
      assertTrue(page.contains("(one seed)") && page.contains("The paper: "), name);
    }
    dnft("experiment", "ablation", "all").refuses("there is no ablation 'all': choose one of ");
  }

  /** Every reward of every arm, and the base that all began with. */
  @Test
  void whatHappensToOtherRewardsIsATable() throws IOException {
    Path out = folder.resolve("rewards");
    Object[] command = {
      "experiment",
      "rewards",
      "--config",
      config,
      "--seeds",
      "1,2",
      "--epochs",
      3,
      "--out",
      out,
      "-q"
    };
    Files.writeString(config, Files.readString(config).replace("epochs: 4\n", ""));
    dnft(command).succeeds();
    JsonNode rewards = StrictJson.readObject(out.resolve("results.json")).path("rewards");
    assertEquals(6, rewards.size());
    for (String name : List.of("shapes_strict", "jpeg_compressibility", "colour")) {
      assertTrue(rewards.path("base").has(name), name);
      for (String arm : List.of("score", "compact", "colour", "all", "staged")) {
        assertTrue(rewards.path(arm).path("2").path(name).isNumber(), arm + ", " + name);
      }
    }
    String page = Files.readString(out.resolve("index.html"));
    assertTrue(page.contains("nothing: the base") && page.contains("one more in each stage"), page);
    dnft("experiment", "rewards", "--epochs", 2).refuses("--epochs must be at least 3, not 2");
  }

  /** A search goes on where it was, tries more if asked, and leaves settings to train with. */
  @Test
  void aSearchGoesOnAndLeavesTheBestSettings() throws IOException {
    Path out = folder.resolve("search");
    dnft(search("flow-grpo", out, 2, 11)).succeeds();
    Path adapter = out.resolve("runs/02/adapter/adapter_model.safetensors");
    var before = Files.getLastModifiedTime(adapter);
    dnft(search("flow-grpo", out, 3, 11)).succeeds();
    assertEquals(before, Files.getLastModifiedTime(adapter), "it was trained again");
    JsonNode settings = StrictJson.readObject(out.resolve("results.json")).path("settings");
    assertEquals(3, settings.size());
    for (int i = 1; i < 3; i++) {
      assertTrue(
          settings.get(i - 1).path("score").asDouble() >= settings.get(i).path("score").asDouble());
    }
    String page = Files.readString(out.resolve("index.html"));
    assertTrue(page.contains("clip range") && page.contains("What was drawn from"), page);
    Path best = out.resolve("best.yaml");
    assertTrue(Files.readString(best).contains("algorithm: grpo"), Files.readString(best));
    dnft("train", "-q", "--config", best, "--epochs", 1, "--out", folder.resolve("best"))
        .succeeds();
    dnft(search("flow-grpo", out, 3, 12)).refuses("holds a search with other");
    dnft(search("nft", out, 3, 11)).refuses("holds a search with other draws");
    dnft(search("nft", folder.resolve("x"), 0, 11)).refuses("a search tries 1 to ");
    dnft(search("sft", folder.resolve("x"), 1, 11))
        .refuses("there is no method 'sft': choose one of nft, flow-grpo, dance-grpo, rejection,");
  }

  private Object[] search(String method, Path out, int settings, long seed) {
    return new Object[] {
      "experiment",
      "search",
      method,
      "--config",
      config,
      "--settings",
      settings,
      "--epochs",
      1,
      "--seed",
      seed,
      "--out",
      out,
      "-q"
    };
  }

  @Test
  void everyChapterOfTheCourseHasAPicture() throws IOException {
    Path picture = folder.resolve("picture.png");
    dnft("learn", 3, "--out", picture).succeeds();
    assertNotNull(ImageIO.read(picture.toFile()));
    dnft("learn", 1, "--steps", 2, "--out", picture).succeeds();
    dnft("learn", 7, "--out", picture).refuses("there is no chapter 7: choose 1 to 6");
    dnft("learn", 3, "--beta", 2, "--out", picture).refuses("--beta changes nothing in chapter 3");
  }

  @Test
  void theCourseIsAPageToo() throws IOException {
    Path pages = folder.resolve("pages");
    dnft("learn", "--export", pages).succeeds();
    assertTrue(
        Files.readString(pages.resolve("index.html")).contains("DiffusionNFT, to play with"));
    dnft("learn", 3, "--export", pages)
        .refuses("--export is about the page; leave out the chapter");
    dnft("learn", "--export", pages, "--port", 0).refuses("--port serves the page, and --export");
    dnft("learn", "--beta", 2).refuses("--beta is about a chapter's picture; name one, 1 to 6");
    dnft("learn", "--port", 65536).refuses("--port must be 0 to 65535, not 65536");
    Path file = Files.writeString(folder.resolve("file"), "mine");
    dnft("learn", "--export", file).refuses("--export needs a folder, and " + file + " is none");
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.1"))) {
      dnft("learn", "--port", taken.getLocalPort())
          .refuses("port " + taken.getLocalPort() + " is taken: choose another with --port");
    }
  }

  private Object[] headToHead(Path out, int epochs) {
    return new Object[] {
      "experiment",
      "head-to-head",
      "--config",
      config,
      "--seeds",
      "1,2",
      "--epochs",
      epochs,
      "--out",
      out,
      "-q"
    };
  }
}
