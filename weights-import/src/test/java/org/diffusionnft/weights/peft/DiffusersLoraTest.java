package org.diffusionnft.weights.peft;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.diffusionnft.tensor.DType;
import org.diffusionnft.tensor.ReferenceDevice;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;
import org.diffusionnft.weights.io.InvalidFileException;
import org.diffusionnft.weights.safetensors.SafetensorsWriter;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the metadata of diffusers' files says of the scale of every module. */
class DiffusersLoraTest {
  private final ReferenceDevice device = new ReferenceDevice();
  @TempDir Path folder;

  @AfterEach
  void close() {
    device.close();
  }

  @Test
  void theWholeConfigurationInTheMetadataCounts() throws IOException {
    PeftConfig config =
        new PeftConfig(
            4,
            8,
            true,
            0,
            List.of("to_k", "to_q"),
            null,
            Map.of("to_q", 2),
            Map.of("to_q", 5.0),
            null);
    Path file = folder.resolve(DiffusersLora.NAME);
    DiffusersLora.write(
        file, new PeftAdapter(config, Map.of("b.0.to_q", factors(2), "b.0.to_k", factors(4))));
    PeftAdapter read = DiffusersLora.read(file, device);
    assertEquals(config, read.config());
    assertEquals(5 / Math.sqrt(2), read.scaling("b.0.to_q"));
    assertEquals(4.0, read.scaling("b.0.to_k"));
  }

  @Test
  void patternsOfTargetModulesComeBack() throws IOException {
    PeftConfig config =
        new PeftConfig(4, 8, false, 0, List.of(), "b\\..*", Map.of(), Map.of(), null);
    Path file = folder.resolve(DiffusersLora.NAME);
    DiffusersLora.write(file, new PeftAdapter(config, Map.of("b.0.to_k", factors(4))));
    assertEquals(config, DiffusersLora.read(file, device).config());
  }

  @Test
  void variantsOfLoraAreRefusedInTheMetadataToo() throws IOException {
    assertInvalid("{\"transformer.use_dora\": true}", Map.of(), "uses use_dora");
  }

  @Test
  void alphaStatedTwiceIsRefused() throws IOException {
    assertInvalid(
        "{\"transformer.lora_alpha\": 8}",
        Map.of("transformer.b.0.to_k.alpha", Tensor.of(device, new float[] {2}, 1)),
        "states alpha twice");
  }

  private void assertInvalid(String metadata, Map<String, Tensor> more, String message)
      throws IOException {
    LoraFactors factors = factors(4);
    Map<String, Tensor> tensors = new LinkedHashMap<>(more);
    tensors.put("transformer.b.0.to_k.lora_A.weight", factors.a());
    tensors.put("transformer.b.0.to_k.lora_B.weight", factors.b());
    Path file = folder.resolve(DiffusersLora.NAME);
    SafetensorsWriter.write(file, tensors, Map.of("lora_adapter_metadata", metadata));
    InvalidFileException e =
        assertThrows(InvalidFileException.class, () -> DiffusersLora.read(file, device));
    assertTrue(e.getMessage().contains(message), e.getMessage());
  }

  private LoraFactors factors(int rank) {
    return new LoraFactors(
        Tensor.full(device, DType.F32, Shape.of(rank, 3), 0.5),
        Tensor.full(device, DType.F32, Shape.of(5, rank), 0.25));
  }
}
