package org.diffusionnft.weights.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import org.diffusionnft.models.WeightSource;
import org.diffusionnft.models.transformer.MmditConfig;
import org.diffusionnft.models.transformer.MmditLayout;
import org.diffusionnft.models.transformer.QkNorm;
import org.diffusionnft.tensor.ReferenceDevice;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;
import org.diffusionnft.weights.CheckpointWeights;
import org.diffusionnft.weights.TensorSource;
import org.diffusionnft.weights.io.InvalidFileException;
import org.diffusionnft.weights.safetensors.SafetensorsFile;
import org.diffusionnft.weights.safetensors.SafetensorsWriter;
import org.diffusionnft.weights.singlefile.MmditSingleFile;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MmditCheckpointTest {
  private static final MmditConfig SD35_MEDIUM =
      new MmditConfig(
          128,
          2,
          16,
          24,
          64,
          24,
          4096,
          1536,
          2048,
          16,
          384,
          IntStream.range(0, 13).boxed().toList(),
          QkNorm.RMS_NORM);

  private final ReferenceDevice device = new ReferenceDevice();
  @TempDir Path folder;

  @AfterEach
  void close() {
    device.close();
  }

  @ParameterizedTest
  @CsvSource({"transformer_diffusers.txt", "transformer_single_file.txt"})
  void fullSizeCheckpointInEitherLayout(String manifest) throws IOException {
    Map<String, Shape> shapes = manifest(manifest);
    // Text encoders inside a single file are not the transformer's business.
    if (manifest.contains("single")) {
      shapes.put("text_encoders.clip_l.transformer.text_projection.weight", Shape.of(768, 768));
    }
    Path file = sparse(shapes);
    try (MmditCheckpoint checkpoint = MmditCheckpoint.open(file)) {
      assertEquals(SD35_MEDIUM, checkpoint.config());
      WeightSource weights = checkpoint.weights(device);
      Map<String, Shape> expected = manifest("transformer_diffusers.txt");
      assertEquals(expected.keySet(), weights.names());
      for (Map.Entry<String, Shape> e : expected.entrySet()) {
        assertEquals(e.getValue(), weights.get(e.getKey(), e.getValue()).shape());
      }
      weights.requireExactly(
          "SD3.5-Medium",
          MmditLayout.parameters(SD35_MEDIUM).keySet(),
          List.of(MmditLayout.POSITION_EMBEDDING));
      assertTrue(device.memory().reservedBytes() == 0, "tensors were copied");
    }
  }

  @Test
  void partsOfASingleFile() throws IOException {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    for (int block = 0; block < 2; block++) {
      String name = "model.diffusion_model.joint_blocks." + block + ".";
      tensors.put(name + "x_block.attn.qkv.weight", rows(6, 2));
      tensors.put(name + "x_block.attn.qkv.bias", rows(6));
      tensors.put(name + "context_block.adaLN_modulation.1.bias", rows(4));
      tensors.put(name + "x_block.adaLN_modulation.1.bias", rows(4));
    }
    tensors.put("model.diffusion_model.final_layer.adaLN_modulation.1.weight", rows(4, 2));
    tensors.put("model.diffusion_model.odd_one", rows(1));
    Path path = folder.resolve("single.safetensors");
    SafetensorsWriter.write(path, tensors, Map.of());
    try (TensorSource source = new MmditSingleFile(SafetensorsFile.open(path))) {
      assertRows(source, "transformer_blocks.0.attn.to_q.weight", 0, 0, 1, 1);
      assertRows(source, "transformer_blocks.1.attn.to_k.weight", 2, 2, 3, 3);
      assertRows(source, "transformer_blocks.0.attn.to_v.bias", 4, 5);
      assertRows(source, "transformer_blocks.0.norm1_context.linear.bias", 0, 1, 2, 3);
      assertRows(source, "transformer_blocks.1.norm1_context.linear.bias", 2, 3, 0, 1);
      assertRows(source, "transformer_blocks.1.norm1.linear.bias", 0, 1, 2, 3);
      assertRows(source, "norm_out.linear.weight", 2, 2, 3, 3, 0, 0, 1, 1);
      assertTrue(source.names().contains("model.diffusion_model.odd_one"));
      assertEquals(18, source.names().size());
    }
  }

  @Test
  void rowsThatCannotBeParted() throws IOException {
    Path path = folder.resolve("single.safetensors");
    String name = "joint_blocks.0.x_block.attn.qkv.weight";
    SafetensorsWriter.write(path, Map.of(name, rows(5, 2)), Map.of());
    try (TensorSource source = new MmditSingleFile(SafetensorsFile.open(path))) {
      InvalidFileException e =
          assertThrows(
              InvalidFileException.class,
              () -> source.shape("transformer_blocks.0.attn.to_q.weight"));
      assertTrue(e.getMessage().contains("cannot be divided into 3"), e.getMessage());
    }
  }

  @Test
  void shapesOtherThanExpected() throws IOException {
    Path path = folder.resolve("t.safetensors");
    SafetensorsWriter.write(path, Map.of("x", rows(2, 2)), Map.of());
    try (SafetensorsFile file = SafetensorsFile.open(path)) {
      WeightSource weights = new CheckpointWeights(file, device);
      IllegalArgumentException e =
          assertThrows(IllegalArgumentException.class, () -> weights.get("x", Shape.of(4)));
      assertEquals(path + ": tensor 'x' has shape [2, 2], but [4] is expected", e.getMessage());
      e = assertThrows(IllegalArgumentException.class, () -> weights.get("y", Shape.of(4)));
      assertEquals(path + ": has no tensor 'y' among its 1", e.getMessage());
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"num_layers\":24 | \"num_layer\":24 | unknown keys for an SD3Transformer2DModel: 'num_l",
        "\"num_layers\":24 | \"num_layers\":\"24\" | whole number under 'num_layers', not '\"24\"'",
        "\"num_layers\":24, | \"_x\":1, | whole number under 'num_layers', not nothing",
        "\"num_layers\":24 | \"num_layers\":0 | num_layers is 0 but must be from 1 to 1000",
        "\"rms_norm\" | \"layer_norm\" | qk_norm 'layer_norm', but only",
        "[0,1] | {\"a\":0} | needs a list under 'dual_attention_layers'",
        "[0,1] | [0,99] | dual_attention_layers contains 99",
        "[0,1] | [0,1.5] | whole numbers under 'dual_attention_layers', not '1.5'",
      })
  void configurations(String found, String replacement, String message) throws IOException {
    String json =
        """
        {"_class_name":"SD3Transformer2DModel","attention_head_dim":64,\
        "caption_projection_dim":1536,"dual_attention_layers":[0,1],"in_channels":16,\
        "joint_attention_dim":4096,"num_attention_heads":24,"num_layers":24,"out_channels":null,\
        "patch_size":2,"pooled_projection_dim":2048,"pos_embed_max_size":384,\
        "qk_norm":"rms_norm","sample_size":128}\
        """;
    Path file = folder.resolve("config.json");
    Files.writeString(file, json);
    assertEquals(16, MmditConfigFile.read(file).outChannels());
    assertTrue(json.contains(found), found);
    Files.writeString(file, json.replace(found, replacement));
    InvalidFileException e =
        assertThrows(InvalidFileException.class, () -> MmditConfigFile.read(file));
    assertTrue(e.getMessage().contains(message), e.getMessage());
  }

  private void assertRows(TensorSource source, String name, float... expected) throws IOException {
    assertArrayEquals(expected, source.tensor(name, device).toFloats(), name);
  }

  /** A tensor whose every element is the number of its row. */
  private Tensor rows(long... dims) {
    int count = Math.toIntExact(Shape.of(dims).elements());
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) (i / (count / dims[0]));
    }
    return Tensor.of(device, values, dims);
  }

  private static Map<String, Shape> manifest(String name) throws IOException {
    Map<String, Shape> shapes = new LinkedHashMap<>();
    try (InputStream in = MmditCheckpointTest.class.getResourceAsStream("/manifest/" + name)) {
      String text = new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
      for (String line : text.lines().toList()) {
        String[] words = line.split(" ");
        long[] dims = Arrays.stream(words).skip(1).mapToLong(Long::parseLong).toArray();
        shapes.put(words[0], Shape.of(dims));
      }
    }
    return shapes;
  }

  /** A BF16 file of these shapes whose data takes no space on disk. */
  private Path sparse(Map<String, Shape> shapes) throws IOException {
    StringBuilder header = new StringBuilder("{");
    long offset = 0;
    for (Map.Entry<String, Shape> e : shapes.entrySet()) {
      long end = offset + 2 * e.getValue().elements();
      header
          .append(header.length() > 1 ? "," : "")
          .append("\"%s\":{\"dtype\":\"BF16\",".formatted(e.getKey()))
          .append("\"shape\":%s,\"data_offsets\":[%d,%d]}".formatted(e.getValue(), offset, end));
      offset = end;
    }
    header.append("}");
    header.append(header.length() % 2 == 0 ? "" : " ");
    byte[] json = header.toString().getBytes(StandardCharsets.UTF_8);
    Path file = folder.resolve("sparse.safetensors");
    try (RandomAccessFile out = new RandomAccessFile(file.toFile(), "rw")) {
      ByteBuffer start = ByteBuffer.allocate(8 + json.length).order(ByteOrder.LITTLE_ENDIAN);
      out.write(start.putLong(json.length).put(json).array());
      out.setLength(8 + json.length + offset);
    }
    return file;
  }
}
