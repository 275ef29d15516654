package org.diffusionnft.weights.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.diffusionnft.models.solver.FlowMatchSchedule;
import org.diffusionnft.tensor.DType;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.ReferenceDevice;
import org.diffusionnft.tensor.Tensor;
import org.diffusionnft.weights.io.InvalidFileException;
import org.diffusionnft.weights.io.StrictJson;
import org.diffusionnft.weights.safetensors.SafetensorsFile;
import org.diffusionnft.weights.safetensors.SafetensorsWriter;
import org.diffusionnft.weights.singlefile.SingleFile.Part;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/** What diffusers reads of a folder: the index, the schedule, and each part. */
class ModelWriterTest {
  private static final float[] VALUES = {1, -2, 0.5f, 3};

  private final Device device = new ReferenceDevice();
  @TempDir Path folder;

  @AfterEach
  void close() {
    device.close();
  }

  @Test
  void aFolderHasIndexScheduleConfigurationAndTensors() throws IOException {
    Path tokenizer = Files.createDirectory(folder.resolve("words"));
    Files.writeString(tokenizer.resolve("vocab.json"), "{}");
    Path out = folder.resolve("model");
    try (SafetensorsFile source = source()) {
      new ModelWriter()
          .part(Part.VAE, source, config())
          .tokenizer(Part.CLIP_L, tokenizer)
          .schedule(new FlowMatchSchedule.Config(1000, 2.5))
          .writeFolder(out, DType.BF16, device);
    }
    JsonNode index = json(out.resolve("model_index.json"));
    assertEquals("StableDiffusion3Pipeline", index.path("_class_name").asText());
    assertEquals("AutoencoderKL", index.path("vae").path(1).asText());
    assertEquals("CLIPTokenizer", index.path("tokenizer").path(1).asText());
    assertTrue(index.path("transformer").path(1).isNull(), index.toString());
    JsonNode schedule = json(out.resolve("scheduler/scheduler_config.json"));
    assertEquals(2.5, schedule.path("shift").asDouble());
    assertEquals(config(), json(out.resolve("vae/config.json")));
    assertEquals("{}", Files.readString(out.resolve("tokenizer/vocab.json")));
    Path tensors = out.resolve("vae/diffusion_pytorch_model.safetensors");
    try (SafetensorsFile read = SafetensorsFile.open(tensors);
        var _ = device.memory().scope()) {
      assertEquals(DType.BF16, read.dtype("decoder.x"));
      assertArrayEquals(VALUES, read.tensor("decoder.x", device).toFloats());
    }
  }

  @Test
  void nothingIsWrittenOverOrLeftHalfWritten() throws IOException {
    Path out = Files.createDirectory(folder.resolve("there"));
    Files.writeString(out.resolve("mine.txt"), "mine");
    try (SafetensorsFile source = source()) {
      ModelWriter writer = new ModelWriter().part(Part.VAE, source, config());
      assertThrows(IOException.class, () -> writer.writeFolder(out, null, device));
      Path missing = folder.resolve("no-tokenizer");
      writer.tokenizer(Part.T5, missing);
      Path half = folder.resolve("half");
      assertThrows(IOException.class, () -> writer.writeFolder(half, null, device));
      assertFalse(Files.exists(half));
    }
    assertEquals("mine", Files.readString(out.resolve("mine.txt")));
    try (Stream<Path> left = Files.list(folder)) {
      assertEquals(
          List.of("there", "vae.safetensors"),
          left.map(f -> f.getFileName().toString()).sorted().toList());
    }
  }

  /** What is written is not at fault; and the name is the one to look for in the file. */
  @Test
  void aNumberThatIsNoneIsNamedByTheFileItIsReadFrom() throws IOException {
    String queries = "transformer_blocks.0.attn.to_q.";
    String keys = "transformer_blocks.0.attn.to_k.";
    String values = "transformer_blocks.0.attn.to_v.";
    Path file = folder.resolve("transformer.safetensors");
    try (var _ = device.memory().scope()) {
      Tensor sound = Tensor.of(device, VALUES, 4);
      Tensor damaged = Tensor.of(device, new float[] {1, Float.NaN, 2, 3}, 4);
      SafetensorsWriter.write(
          file,
          Map.of(queries + "bias", sound, keys + "bias", damaged, values + "bias", sound),
          Map.of());
    }
    Path folderOut = folder.resolve("folder");
    Path fileOut = folder.resolve("single.safetensors");
    String expected =
        file
            + ": tensor '"
            + keys
            + "bias' of shape [4] holds NaN at number 1: the file is damaged";
    try (SafetensorsFile source = SafetensorsFile.open(file)) {
      ModelWriter writer = new ModelWriter().part(Part.TRANSFORMER, source, config());
      assertMessage(expected, () -> writer.writeFolder(folderOut, null, device));
      assertMessage(expected, () -> writer.writeSingleFile(fileOut, null, device));
    }
    assertFalse(Files.exists(folderOut));
    assertFalse(Files.exists(fileOut));
  }

  @Test
  void aNumberTooLargeIsNamedByTheFileItIsReadFrom() throws IOException {
    Path file = folder.resolve("vae.safetensors");
    try (var _ = device.memory().scope()) {
      Tensor large = Tensor.of(device, new float[] {70_000}, 1);
      SafetensorsWriter.write(file, Map.of("decoder.conv_in.bias", large), Map.of());
    }
    String expected =
        file + ": tensor 'decoder.conv_in.bias' holds numbers too large for F16: write BF16 or F32";
    Path out = folder.resolve("single.safetensors");
    try (SafetensorsFile source = SafetensorsFile.open(file)) {
      ModelWriter writer = new ModelWriter().part(Part.VAE, source, config());
      assertMessage(expected, () -> writer.writeSingleFile(out, DType.F16, device));
    }
    assertFalse(Files.exists(out));
  }

  private static void assertMessage(String start, Executable run) {
    InvalidFileException e = assertThrows(InvalidFileException.class, run);
    assertTrue(String.valueOf(e.getMessage()).startsWith(start), e.getMessage());
  }

  private SafetensorsFile source() throws IOException {
    Path file = folder.resolve("vae.safetensors");
    try (var _ = device.memory().scope()) {
      Tensor tensor = Tensor.of(device, VALUES, 2, 2);
      SafetensorsWriter.write(file, Map.of("decoder.x", tensor), Map.of());
    }
    return SafetensorsFile.open(file);
  }

  private static ObjectNode config() {
    ObjectNode config = StrictJson.object();
    config.put("latent_channels", 16);
    return config;
  }

  private static JsonNode json(Path file) throws IOException {
    return new ObjectMapper().readTree(file.toFile());
  }
}
