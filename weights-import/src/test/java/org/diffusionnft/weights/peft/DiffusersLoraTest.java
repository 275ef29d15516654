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
import org.jspecify.annotations.Nullable;
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

  @Test
  void metadataThatContradictsTheTensorsIsRefused() throws IOException {
    assertInvalid("{\"transformer.r\": 8}", Map.of(), "but the configuration says rank 8");
    assertInvalid(
        "{\"transformer.rank_pattern\": {\"to_k\": 2}}",
        Map.of(),
        "but the configuration says rank 2");
    assertInvalid("{\"transformer.lora_alpha\": 1e300}", Map.of(), "scales 'b.0.to_k' by");
    assertInvalid("{\"transformer.use_new\": 1}", Map.of(), "the field 'use_new'");
    assertInvalid("{\"r\": 4}", Map.of(), "the key 'r' in its lora_adapter_metadata");
  }

  @Test
  void tensorsThatAreNoFactorsAreRefusedByName() throws IOException {
    Tensor one = Tensor.of(device, new float[] {2}, 1);
    String prefix = "transformer.b.0.to_k.";
    assertInvalid(
        null, Map.of(prefix + "lora_magnitude_vector", one), "uses DoRA (tensor '" + prefix);
    assertInvalid(null, Map.of(prefix + "dora_scale", one), "uses DoRA");
    assertInvalid(null, Map.of(prefix + "lora_B.bias", one), "uses LoRA with biases");
    assertInvalid(null, Map.of("transformer.other.alpha", one), "but no factors that it could");
    assertInvalid(null, Map.of("transformer..alpha", one), "names like 'transformer.<module>");
    assertInvalid(null, Map.of("transformer.lora_A.weight", one), "names like 'transformer.");
    assertInvalid(null, Map.of("lora_unet_x.lora_down.weight", one), "another tool's layout");
    assertInvalid(
        null,
        Map.of(prefix + "alpha", Tensor.of(device, new float[] {1, 2}, 2)),
        "of shape [2], but one number is expected");
    assertInvalid(
        null, Map.of(prefix + "alpha", Tensor.of(device, new float[] {Float.NaN}, 1)), "holds NaN");
    assertInvalid(
        null,
        Map.of(prefix + "lora_A.weight", Tensor.zeros(device, DType.I8, Shape.of(4, 3))),
        "is I8, not floating-point: quantised adapters");
  }

  /** Whatever its first tensor is called. */
  @Test
  void otherToolsLayoutsAreNamed() throws IOException {
    Tensor one = Tensor.of(device, new float[] {2}, 1);
    String kohya = "lora_unet_transformer_blocks_0_attn_to_q";
    assertInvalid(
        null,
        Map.of(kohya + ".alpha", one, kohya + ".lora_down.weight", one),
        "'"
            + kohya
            + ".alpha', but names like 'transformer.<module>.lora_A.weight' are expected: it"
            + " is in another tool's layout (lora_down, lora_up)");
    assertInvalid(
        null,
        Map.of("diffusion_model.joint_blocks.0.x_block.attn.qkv.lora_A.weight", one),
        "another tool's layout (diffusion_model)");
    assertInvalid(
        null,
        Map.of("lora_unet_x.alpha", one, "lora_unet_x.dora_scale", one),
        "uses DoRA (tensor 'lora_unet_x.dora_scale')");
    assertInvalid(null, Map.of("text_encoder.x.lora_A.weight", one), "adapters of text encoders");
  }

  @Test
  void targetsInTheMetadataCount() throws IOException {
    assertInvalid(
        "{\"transformer.target_modules\": [\"to_q\"]}",
        Map.of(),
        "has the tensor 'transformer.b.0.to_k.lora_A.weight', whose layer the configuration leaves"
            + " out by target_modules '[to_q]'");
  }

  private void assertInvalid(@Nullable String metadata, Map<String, Tensor> more, String message)
      throws IOException {
    LoraFactors factors = factors(4);
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    tensors.put("transformer.b.0.to_k.lora_A.weight", factors.a());
    tensors.put("transformer.b.0.to_k.lora_B.weight", factors.b());
    tensors.putAll(more);
    Path file = folder.resolve(DiffusersLora.NAME);
    SafetensorsWriter.write(
        file, tensors, metadata == null ? Map.of() : Map.of("lora_adapter_metadata", metadata));
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
