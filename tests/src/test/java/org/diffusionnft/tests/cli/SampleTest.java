package org.diffusionnft.tests.cli;

import static org.diffusionnft.tests.cli.CommandLine.dnft;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SampleTest {
  @TempDir private Path folder;
  private Path base;
  private Path out;

  @BeforeEach
  void makeBase() throws IOException {
    base = TinyBase.write(folder);
    out = folder.resolve("out.png");
  }

  @Tag("slow")
  @Test
  void theSamePictureAgain() throws IOException {
    sample("a red circle", "--count", 3, "--guidance", 2, "--steps", 4).succeeds();
    assertNotNull(ImageIO.read(out.toFile()));
    byte[] first = Files.readAllBytes(out);
    sample("a red circle", "--count", 3, "--guidance", 2, "--steps", 4, "--threads", 1).succeeds();
    assertArrayEquals(first, Files.readAllBytes(out));
  }

  @Test
  void wrongInputIsRefusedInOneSentence() throws IOException {
    sample("a red circel").refuses("did you mean \"circle\"?");
    sample("circle red a").refuses("expected \"a\" or a number as word 1");
    sample("a red circle", "--count", 0).refuses("--count must be 1 to 10000, not 0");
    sample("a red circle", "--steps", 0).refuses("steps must be 1 to 1000, not 0");
    sample("a red circle", "--guidance", -1).refuses("guidanceScale");
    sample("a red circle", "--adapter", folder.resolve("none")).refuses("no such adapter folder");
    sample("a red circle", "--device", "abacus").refuses("there is no device 'abacus'");
    sample("a red circle", "--threads", 0).refuses("threads must be at least 1, not 0");
    dnft("sample", "--prompt", "a circle", "--out", folder.resolve("x.jpg")).refuses(".png");
    dnft("sample", "--base", folder.resolve("none"), "--prompt", "a circle", "--out", out)
        .refuses("none");
    dnft("sample", "--prompt", "a circle").refuses("Missing required option: '--out");
    assertFalse(Files.exists(out));
  }

  /** What would change nothing is refused, by its name. */
  @Test
  void optionsWithoutEffectAreRefused() {
    for (Object[] option :
        new Object[][] {
          {"--width", 512},
          {"--height", 512},
          {"--negative", "blurry"},
          {"--solver", "flow"},
          {"--batch", 2},
          {"--no-t5"},
          {"--t5-tokens", 64},
          {"--skip-layers", "none"},
          {"--tile", 128},
          {"--parts", folder},
          {"--cache", folder},
          {"--no-cache"}
        }) {
      sample("a red circle", option)
          .refuses(
              "%s is for models on disk: name one with --model, or leave %s out"
                  .formatted(option[0], option[0]));
    }
    dnft("sample", "--model", base, "--prompt", "x", "--out", out, "--skip-scale", 2)
        .refuses("--skip-scale needs --skip-layers");
    assertFalse(Files.exists(out));
  }

  /** A misspelt option is named, not another one that is missing for it. */
  @Test
  void misspeltOptionsAreNamed() {
    dnft("sample", "--mdoel", base, "--prompt", "x")
        .refuses("Unknown options: '--mdoel', '" + base + "' (did you mean --model?)");
    dnft("sample", "--promt=x", "--out", out)
        .refuses("Unknown option: '--promt=x' (did you mean --prompt?)");
  }

  @Test
  void aBrokenBaseIsRefusedInOneSentence() throws IOException {
    Path weights = base.resolve("transformer/diffusion_pytorch_model.safetensors");
    byte[] bytes = Files.readAllBytes(weights);
    Files.write(weights, java.util.Arrays.copyOf(bytes, bytes.length / 2));
    sample("a circle").refuses("diffusion_pytorch_model.safetensors");
    Path config = base.resolve("transformer/config.json");
    Files.writeString(
        config, Files.readString(config).replace("\"sample_size\": 24", "\"sample_size\": 32"));
    Files.write(weights, bytes);
    sample("a circle").refuses("sample_size is 32, but a ShapesWorld model needs 24");
    assertFalse(Files.exists(out));
  }

  private CommandLine sample(String prompt, Object... more) {
    Object[] args = new Object[7 + more.length];
    Object[] first = {"sample", "--base", base, "--prompt", prompt, "--out", out};
    System.arraycopy(first, 0, args, 0, 7);
    System.arraycopy(more, 0, args, 7, more.length);
    return dnft(args);
  }
}
