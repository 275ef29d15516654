package org.diffusionnft.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.image.BufferedImage;
import java.io.File;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.imageio.ImageIO;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.ReferenceDevice;
import org.diffusionnft.weights.mask2former.Mask2FormerCheckpoint;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The commands for models on disk, from a made-up checkpoint to pictures. */
@Tag("slow")
class ModelCommandsTest {
  @TempDir private static Path shared;
  private static Path model;
  @TempDir private Path folder;

  private record Result(int exit, String out, String err) {}

  @BeforeAll
  static void synthesize() {
    model = shared.resolve("model");
    Result made = run("synthesize", "sd35-medium", "--tiny", "--seed", "3", "--out", "" + model);
    assertEquals(0, made.exit(), made.err());
  }

  @Test
  void inspectTellsWhatThereIs() {
    Result seen = run("inspect", "" + model);
    assertEquals(0, seen.exit(), seen.err());
    assertTrue(seen.out().contains("a diffusers folder of Stable Diffusion 3"), seen.out());
    assertTrue(seen.out().contains("TRANSFORMER: 2,839,744 numbers in 159 tensors"), seen.out());
    Result part = run("inspect", "--tensors", model.resolve("vae").toString());
    assertTrue(part.out().contains("it looks like an autoencoder"), part.out());
    assertTrue(part.out().contains("BF16    [64, 16, 3, 3] decoder.conv_in.weight"), part.out());
  }

  @Test
  void picturesCarryHowTheyWereMade() throws Exception {
    Path out = folder.resolve("cat.png");
    Path cache = folder.resolve("cache");
    List<String> args =
        new ArrayList<>(
            List.of("sample", "-q", "--model", "" + model, "--prompt", "a cat", "--width", "48"));
    args.addAll(List.of("--height", "32", "--steps", "2", "--count", "2", "--batch", "2"));
    args.addAll(List.of("--seed", "9", "--cache", "" + cache, "--out", "" + out));
    Result made = run(args.toArray(String[]::new));
    assertEquals(0, made.exit(), made.err());
    assertEquals("", made.err());
    BufferedImage one = ImageIO.read(folder.resolve("cat-2.png").toFile());
    assertEquals(48, one.getWidth());
    assertEquals(32, one.getHeight());
    assertEquals(104, ImageIO.read(out.toFile()).getWidth());
    String bytes =
        Files.readString(folder.resolve("cat-1.png"), java.nio.charset.StandardCharsets.ISO_8859_1);
    assertTrue(bytes.contains("iTXtprompt"), "no prompt in the file");
    assertTrue(bytes.contains("seed 9"), "no seed in the file");
    File[] cached = cache.toFile().listFiles();
    assertEquals(2, cached == null ? 0 : cached.length);
  }

  @Test
  void guidanceBelowOneIsNone() throws Exception {
    for (String scale : List.of("0.7", "1")) {
      List<String> args =
          new ArrayList<>(
              List.of("sample", "-q", "--model", "" + model, "--prompt", "a cat", "--steps", "2"));
      args.addAll(List.of("--width", "32", "--height", "32", "--guidance", scale, "--no-cache"));
      args.addAll(List.of("--out", "" + folder.resolve(scale + ".png")));
      Result made = run(args.toArray(String[]::new));
      assertEquals(0, made.exit(), made.err());
    }
    assertEquals(-1, Files.mismatch(folder.resolve("0.7.png"), folder.resolve("1.png")));
  }

  @Test
  void convertAndMerge() throws IOException {
    Path single = folder.resolve("one.safetensors");
    Result converted =
        run(
            "convert",
            "--model",
            "" + model,
            "--to",
            "single",
            "--dtype",
            "f16",
            "--out",
            "" + single);
    assertEquals(0, converted.exit(), converted.err());
    assertTrue(run("inspect", "" + single).out().contains("F16 2,839,744"));
    Path empty = Files.createDirectory(folder.resolve("empty"));
    Path out = folder.resolve("out.safetensors");
    Result merged =
        run("merge", "--model", "" + single, "--adapter", "" + empty, "--out", "" + out);
    assertEquals(2, merged.exit());
    assertTrue(merged.err().contains("adapter_config.json: no such file"), merged.err());
    assertFalse(Files.exists(out));
    Path weights = model.resolve("transformer/diffusion_pytorch_model.safetensors");
    for (Path read : List.of(single, weights)) {
      byte[] before = Files.readAllBytes(read);
      Path of = read.equals(single) ? single : model;
      Result onto = run("convert", "--model", "" + of, "--to", "single", "--out", "" + read);
      assertEquals(2, onto.exit());
      assertTrue(onto.err().contains("would replace"), onto.err());
      assertArrayEquals(before, Files.readAllBytes(read));
    }
  }

  /** The other recipes: what is written is read, and a picture comes out. */
  @ParameterizedTest
  @ValueSource(strings = {"sd35-large", "sd3-medium"})
  void otherModels(String name) {
    Path out = folder.resolve("made");
    Path picture = folder.resolve("out.png");
    assertEquals(0, run("synthesize", name, "--tiny", "--no-t5", "--out", "" + out).exit());
    Result sampled =
        run(
            "sample",
            "--model",
            "" + out,
            "--prompt",
            "x",
            "--no-t5",
            "--width",
            "64",
            "--height",
            "64",
            "--steps",
            "1",
            "--no-cache",
            "--out",
            "" + picture);
    assertEquals(0, sampled.exit(), sampled.err());
    assertTrue(Files.exists(picture));
  }

  @Test
  void aDetector() throws IOException {
    Path out = folder.resolve("detector");
    Result made = run("synthesize", "mask2former", "--tiny", "--out", "" + out);
    assertEquals(0, made.exit(), made.err());
    try (Mask2FormerCheckpoint checkpoint = Mask2FormerCheckpoint.open(out);
        Device device = new ReferenceDevice()) {
      checkpoint.load(device).close();
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "sample --model MODEL --prompt x --width 100 --out OUT.png | width must be a multiple of"
            + " 16",
        "sample --model MODEL --prompt x --out OUT.jpg | must name a file that ends with .png",
        "sample --model MODEL --prompt x --solver euler --out OUT.png | solver 'euler' is unknown",
        "sample --model MODEL --prompt x --skip-layers 9 --out OUT.png | layer 9 cannot be skipped",
        "sample --model MODEL --prompt x --skip-layers a --out OUT.png | takes numbers like 7,8,9",
        "sample --model MODEL --prompt x --base MODEL --out OUT.png | leave out --model",
        "sample --model MODEL --prompt x --tile 10 --out OUT.png | --tile must be at least 64",
        "sample --model OUT --prompt x --out OUT.png | no such file",
        "sample --model MODEL/vae --prompt x --out OUT.png | name the folder around it",
        "sample --model MODEL --prompt x --t5-tokens 1000 --out OUT.png | 2 to 512 T5 tokens",
        "convert --model MODEL --to single --out MODEL | it is a folder",
        "convert --model MODEL --to diffusers --out MODEL | exists and isn't empty",
        "convert --to single --out OUT | say which model with --model",
        "convert --model MODEL --out OUT | say what to write with --to",
        "convert --adapter MODEL --to single --out OUT | are not for an --adapter",
        "convert --adapter MODEL --out OUT | adapter_config.json: no such file",
        "synthesize sd35-huge --out OUT | there are sd35-medium, sd35-large, sd3-medium and",
        "synthesize sd35-medium --tiny --out MODEL | exists and isn't empty",
        "inspect OUT | no such file",
      })
  void wrongInput(String line, String message) {
    String[] args =
        line.strip()
            .replace("MODEL", model.toString())
            .replace("OUT", folder.resolve("out").toString())
            .split(" ");
    if (args[0].equals("sample")) {
      args = java.util.Arrays.copyOf(args, args.length + 3);
      args[args.length - 3] = "--no-cache";
      args[args.length - 2] = "--steps";
      args[args.length - 1] = "1";
    }
    Result result = run(args);
    assertEquals(2, result.exit(), result.out() + result.err());
    assertTrue(result.err().contains(message), result.err());
    assertFalse(Files.exists(folder.resolve("out")));
    assertFalse(Files.exists(folder.resolve("out.png")));
  }

  private static Result run(String... args) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int exit = Dnft.run(new PrintWriter(out, true), new PrintWriter(err, true), args);
    return new Result(exit, out.toString(), err.toString());
  }
}
