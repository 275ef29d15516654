package org.diffusionnft.tests.cli;

import static org.diffusionnft.tests.cli.CommandLine.dnft;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.imageio.ImageIO;
import org.diffusionnft.weights.io.StrictJson;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("slow")
class PretrainTest {
  @TempDir private Path folder;

  @Test
  void makesAModelThatCanBeUsed() throws IOException {
    Path out = folder.resolve("base");
    CommandLine done = pretrain(out, "--eval-prompts", 12).succeeds();
    assertTrue(done.err().contains("pretraining 3/3"), done.err());
    assertTrue(done.out().contains("guidance 3.0"), done.out());
    assertTrue(StrictJson.readObject(out.resolve("score.json")).path("plain").has("total"));
    assertNotNull(ImageIO.read(out.resolve("samples.png").toFile()));
    assertEquals(
        25, StrictJson.readObject(out.resolve("text_encoder/config.json")).path("words").size());

    Path picture = folder.resolve("picture.png");
    dnft("sample", "--base", out, "--prompt", "a circle", "--out", picture).succeeds();
    assertNotNull(ImageIO.read(picture.toFile()));
  }

  @Test
  void theNumberOfThreadsChangesNoByte() throws IOException {
    Path one = folder.resolve("one");
    Path two = folder.resolve("two");
    pretrain(one, "--eval-prompts", 0, "--threads", 1).succeeds();
    pretrain(two, "--eval-prompts", 0, "--threads", 2).succeeds();
    String file = "state/state.safetensors";
    assertArrayEquals(Files.readAllBytes(one.resolve(file)), Files.readAllBytes(two.resolve(file)));
  }

  @Test
  void wrongInputIsRefusedInOneSentence() throws IOException {
    Path out = folder.resolve("base");
    dnft("pretrain").refuses("dnft pretrain shapes");
    dnft("pretrain", "shapes").refuses("Missing required option: '--out=DIR'");
    pretrain(out, "--lr", 0).refuses("learningRate must be a number above 0, not 0.0");
    pretrain(out, "--eval-prompts", -1).refuses("must be at least 1, not -1");
    pretrain(out, "--checkpoint-every", 0).refuses("--checkpoint-every must be at least 1, not 0");
    dnft("pretrain", "shapes", "--out", out, "--resume")
        .refuses("has no saved state of pretraining: start there without --resume");
    assertTrue(Files.notExists(out));

    pretrain(out, "--eval-prompts", 0).succeeds();
    pretrain(out).refuses("the folder exists and isn't empty");
    dnft("pretrain", "shapes", "--out", out, "--resume", "--seed", 9).refuses("--seed 0");
    dnft("pretrain", "shapes", "--out", out, "--resume", "--eval-prompts", 0).succeeds();
  }

  private static CommandLine pretrain(Path out, Object... more) {
    Object[] args = new Object[8 + more.length];
    Object[] first = {"pretrain", "shapes", "--out", out, "--steps", 3, "--batch", 2};
    System.arraycopy(first, 0, args, 0, 8);
    System.arraycopy(more, 0, args, 8, more.length);
    return dnft(args);
  }
}
