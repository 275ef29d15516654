package org.diffusionnft.pipeline;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.diffusionnft.images.Images;
import org.diffusionnft.images.Pixels;
import org.diffusionnft.models.sampling.DivergedException;
import org.diffusionnft.models.transformer.Conditioning;
import org.diffusionnft.pipeline.checkpoint.Inspection;
import org.diffusionnft.pipeline.checkpoint.SyntheticModel;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.DeviceOptions;
import org.diffusionnft.tensor.Devices;
import org.diffusionnft.tensor.InvalidInputException;
import org.diffusionnft.tensor.Precision;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;
import org.diffusionnft.weights.io.InvalidFileException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A model on disk that stays open, and what an inspection says of it. */
@Tag("slow")
class PictureModelTest {
  private static final PictureModel.Options OPTIONS =
      new PictureModel.Options(null, true, 16, 64, Precision.F32);
  @TempDir private static Path folder;
  private static Device device;
  private static Path model;

  @BeforeAll
  static void write() throws IOException {
    device = Devices.open("vector", DeviceOptions.defaults());
    model = folder.resolve("model");
    SyntheticModel.tiny().write(model, 1, true, device);
  }

  @AfterAll
  static void close() {
    device.close();
  }

  @Test
  void theBatchChangesNoPicture() throws IOException {
    try (PictureModel opened =
        PictureModel.open(model, OPTIONS, device, null, PictureListener.NONE)) {
      PictureSampler sampler = new PictureSampler(opened, null, PictureListener.NONE);
      PictureRequest request =
          PictureRequest.of("a cat").withWidth(32).withHeight(32).withSteps(3).withCount(6);
      List<Pixels> alone = sampler.pictures(request);
      for (int batch : new int[] {2, 5, 6}) {
        List<Pixels> together = sampler.pictures(request.withBatch(batch));
        for (int i = 0; i < alone.size(); i++) {
          assertArrayEquals(alone.get(i).rgb(), together.get(i).rgb(), "batches of " + batch);
        }
      }
    }
  }

  @Test
  void promptsBecomeConditioningsAndLatentsPictures() throws IOException {
    long live = device.memory().liveBytes();
    try (PictureModel opened =
            PictureModel.open(model, OPTIONS, device, null, PictureListener.NONE);
        var _ = device.memory().scope()) {
      Conditioning three = opened.embed(List.of("a cat", "a dog", "a cat"));
      float[] pooled = three.pooled().value().toFloats();
      int width = pooled.length / 3;
      float[] first = Arrays.copyOf(pooled, width);
      assertArrayEquals(first, Arrays.copyOfRange(pooled, 2 * width, 3 * width));
      assertFalse(Arrays.equals(first, Arrays.copyOfRange(pooled, width, 2 * width)));
      assertEquals(3, three.text().dim(0));

      Shape latents = opened.latents(32);
      assertEquals(Shape.of(16, 4, 4), latents);
      Images images = opened.decode(Tensor.of(device, new float[2 * 16 * 4 * 4], 2, 16, 4, 4));
      assertEquals(2, images.count());
      assertEquals(32, images.width());
      assertArrayEquals(images.image(0), images.image(1));
    }
    assertEquals(live, device.memory().liveBytes(), "memory was not returned");
  }

  @Test
  void sidesThatPatchesDoNotCoverAreRefused() throws IOException {
    try (PictureModel opened =
        PictureModel.open(model, OPTIONS, device, null, PictureListener.NONE)) {
      InvalidInputException e = assertThrows(InvalidInputException.class, () -> opened.latents(40));
      assertEquals(
          "resolution must be a multiple of 16, not 40: 48 is the nearest", e.getMessage());
      int most = 16 * opened.transformer().config().posEmbedMaxSize();
      assertEquals(most / 8, opened.latents(most).dim(2));
      for (int side : new int[] {0, -16, most + 16, 100_000_000}) {
        e = assertThrows(InvalidInputException.class, () -> opened.latents(side));
        assertEquals(
            "resolution must be 16 to %d pixels for this model, not %d".formatted(most, side),
            e.getMessage());
      }
    }
  }

  /** What a configuration says, and only the numbers show to be wrong, is named with its file. */
  @Test
  void settingsThatGiveNoNumbersAreNamed() throws IOException {
    Path altered = folder.resolve("altered");
    SyntheticModel.tiny().write(altered, 1, true, device);
    Path config = altered.resolve("vae/config.json");
    Files.writeString(config, Files.readString(config).replace("1.5305", "0.000001"));
    try (PictureModel opened =
            PictureModel.open(altered, OPTIONS, device, null, PictureListener.NONE);
        var _ = device.memory().scope()) {
      float[] large = new float[16 * 4 * 4];
      Arrays.fill(large, 1e38f);
      Tensor latents = Tensor.of(device, large, 1, 16, 4, 4);
      InvalidInputException e =
          assertThrows(InvalidInputException.class, () -> opened.decode(latents));
      assertTrue(
          e.getMessage()
              .endsWith("look at scaling_factor 1.0E-6 and shift_factor 0.0609 in " + config),
          e.getMessage());
      InvalidInputException blamed =
          opened.blame(new DivergedException("the transformer gives NaN"));
      assertEquals(
          "the transformer gives NaN, though its weights are sound: look at num_train_timesteps"
              + " 1000 and shift 3.0 in "
              + altered.resolve("scheduler/scheduler_config.json"),
          blamed.getMessage());
    }
  }

  @Test
  void anAutoencoderOfAnotherModelIsToldWhenTheModelIsOpened() throws IOException {
    Path altered = folder.resolve("mixed");
    SyntheticModel.tiny().write(altered, 1, true, device);
    Path config = altered.resolve("vae/config.json");
    String latents = "\"latent_channels\": 16";
    assertTrue(Files.readString(config).contains(latents));
    Files.writeString(config, Files.readString(config).replace(latents, "\"latent_channels\": 4"));
    InvalidFileException e =
        assertThrows(
            InvalidFileException.class,
            () -> PictureModel.open(altered, OPTIONS, device, null, PictureListener.NONE));
    assertEquals(
        altered.resolve("transformer/config.json")
            + ": has in_channels 16 but "
            + config
            + " has latent_channels 4: they are not of one model",
        e.getMessage());
  }

  @Test
  void aTokenizerOfAnotherModelIsToldWithBothFiles() throws IOException {
    Path altered = folder.resolve("words");
    SyntheticModel.tiny().write(altered, 1, true, device);
    Path config = altered.resolve("text_encoder/config.json");
    String all = Files.readString(config);
    String fewer = all.replace("\"vocab_size\": 2052", "\"vocab_size\": 2051");
    assertFalse(fewer.equals(all), all);
    Files.writeString(config, fewer);
    UncheckedIOException e;
    try (PictureModel opened =
        PictureModel.open(altered, OPTIONS, device, null, PictureListener.NONE)) {
      e = assertThrows(UncheckedIOException.class, () -> opened.embed(List.of("a cat")));
    }
    assertEquals(
        altered.resolve("tokenizer/vocab.json")
            + ": has tokens up to id 2051, but vocab_size in "
            + config
            + " is 2051, so 2050 is the last that the text encoder has: take tokenizer and text"
            + " encoder from one model",
        e.getCause().getMessage());
  }

  @Test
  void aModelThatIsNotThereIsNamed() {
    Path nowhere = folder.resolve("nowhere");
    InvalidFileException e =
        assertThrows(
            InvalidFileException.class,
            () -> PictureModel.open(nowhere, OPTIONS, device, null, PictureListener.NONE));
    assertTrue(
        String.valueOf(e.getMessage()).startsWith(nowhere + ": no such file"), e.getMessage());
  }

  @Test
  void anInspectionNamesPartsAndTensors() throws IOException {
    List<String> lines = Inspection.of(model, device, false);
    assertEquals(model + ":", lines.getFirst());
    String text = String.join("\n", lines);
    assertTrue(text.contains("a diffusers folder of Stable Diffusion 3 with"), text);
    assertTrue(text.contains("num_attention_heads"), text);
    assertFalse(text.contains("transformer_blocks.0.attn.to_q.weight"), text);

    Path part = model.resolve("transformer");
    String all = String.join("\n", Inspection.of(part, device, true));
    assertTrue(all.contains("transformer_blocks.0.attn.to_q.weight"), all);
    assertThrows(
        InvalidFileException.class, () -> Inspection.of(folder.resolve("nowhere"), device, false));
  }

  @Test
  void threadsShareASampler() throws Exception {
    long live = device.memory().liveBytes();
    PictureRequest request =
        PictureRequest.of("a cat").withWidth(32).withHeight(32).withSteps(2).withGuidance(2);
    try (PictureModel opened =
            PictureModel.open(model, OPTIONS, device, null, PictureListener.NONE);
        ExecutorService threads = Executors.newFixedThreadPool(4)) {
      PictureSampler sampler = new PictureSampler(opened);
      List<byte[]> alone = new ArrayList<>();
      for (int seed = 0; seed < 3; seed++) {
        alone.add(sampler.pictures(request.withSeed(seed)).getFirst().rgb());
      }
      assertFalse(Arrays.equals(alone.get(0), alone.get(1)));
      List<Callable<byte[]>> calls = new ArrayList<>();
      for (int i = 0; i < 12; i++) {
        PictureRequest one = request.withSeed(i % 3);
        calls.add(() -> sampler.pictures(one).getFirst().rgb());
      }
      List<Future<byte[]>> results = threads.invokeAll(calls);
      for (int i = 0; i < results.size(); i++) {
        assertArrayEquals(alone.get(i % 3), results.get(i).get());
      }
    }
    assertEquals(live, device.memory().liveBytes(), "memory was not returned");
  }
}
