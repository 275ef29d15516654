package org.diffusionnft.tests.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.diffusionnft.models.mask2former.Mask2FormerConfig;
import org.diffusionnft.models.transformer.MmditConfig;
import org.diffusionnft.models.transformer.MmditLayout;
import org.diffusionnft.pipeline.checkpoint.SyntheticDetector;
import org.diffusionnft.pipeline.checkpoint.SyntheticModel;
import org.diffusionnft.tensor.DType;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;
import org.diffusionnft.weights.TensorSource;
import org.diffusionnft.weights.checkpoint.ClipTextConfigFile;
import org.diffusionnft.weights.checkpoint.MmditConfigFile;
import org.diffusionnft.weights.checkpoint.T5ConfigFile;
import org.diffusionnft.weights.checkpoint.VaeConfigFile;
import org.diffusionnft.weights.io.InvalidFileException;
import org.diffusionnft.weights.mask2former.Mask2FormerConfigFile;
import org.diffusionnft.weights.singlefile.AsSingleFile;
import org.diffusionnft.weights.singlefile.SingleFile;
import org.diffusionnft.weights.singlefile.SingleFile.Part;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What is taken for the configuration of Stable Diffusion 3.5 Medium's files where they come
 * without one is the published configuration: also what no tensor shows, such as scales, epsilons
 * and activations.
 */
class PublishedConfigurationTest {
  @Test
  void transformer() throws Exception {
    Listed file = Listed.read("transformer_diffusers");
    assertEquals(MmditConfigFile.parse(file.path, file.config), MmditConfigFile.infer(file));
  }

  @Test
  void autoencoder() throws Exception {
    Listed file = Listed.read("vae_diffusers");
    assertEquals(VaeConfigFile.parse(file.path, file.config), VaeConfigFile.infer(file));
  }

  @ParameterizedTest
  @ValueSource(strings = {"clip_l", "clip_g"})
  void clip(String name) throws Exception {
    Listed file = Listed.read(name);
    assertEquals(ClipTextConfigFile.parse(file.path, file.config), ClipTextConfigFile.infer(file));
  }

  @Test
  void t5() throws Exception {
    Listed file = Listed.read("t5xxl");
    assertEquals(T5ConfigFile.parse(file.path, file.config), T5ConfigFile.infer(file));
  }

  /**
   * {@code transformer/config.json} of the other two models that the same code runs, Stable
   * Diffusion 3.5 Large and Stable Diffusion 3 Medium.
   *
   * <p>Where the numbers are from: diffusers' {@code scripts/convert_sd3_to_diffusers.py}, with
   * which such files are written (sample size 128, patches of 2, 16 channels, text of 4096, as many
   * heads as layers, heads of 64 by default; a position table of 192 "and sd3.0 and sd3.5 8b use
   * 192"; norms of queries and keys in 3.5 alone; a second attention only where the checkpoint has
   * weights for it), and copies of the two files in public programs, which agree with each other:
   * {@code benjamin-paine/taproot} has both. Large has no {@code dual_attention_layers}.
   */
  @ParameterizedTest
  @CsvSource({"38, 2432, '\"qk_norm\": \"rms_norm\",', 8056627520", "24, 1536, '', 2028328000"})
  void largeAndItsPredecessor(int layers, int width, String norm, long parameters)
      throws Exception {
    String json =
        """
        {"_class_name": "SD3Transformer2DModel", "_diffusers_version": "0.31.0.dev0",
         "attention_head_dim": 64, "caption_projection_dim": %d, "in_channels": 16,
         "joint_attention_dim": 4096, "num_attention_heads": %d, "num_layers": %d,
         "out_channels": 16, "patch_size": 2, "pooled_projection_dim": 2048,
         "pos_embed_max_size": 192, %s "sample_size": 128}
        """
            .formatted(width, layers, layers, norm);
    MmditConfig published =
        MmditConfigFile.parse(
            Path.of("config.json"), (ObjectNode) new ObjectMapper().readTree(json));
    SyntheticModel made = norm.isEmpty() ? SyntheticModel.sd3Medium() : SyntheticModel.sd35Large();
    assertEquals(published, made.transformer());
    Map<String, Shape> shapes = new LinkedHashMap<>(MmditLayout.parameters(published));
    assertEquals(parameters, shapes.values().stream().mapToLong(Shape::elements).sum());
    shapes.put(MmditLayout.POSITION_EMBEDDING, MmditLayout.positionEmbedding(published));
    Listed file = new Listed(Path.of("m"), new ObjectMapper().createObjectNode(), shapes);
    assertEquals(published, MmditConfigFile.infer(file));
    TensorSource single = AsSingleFile.of(Path.of("m"), Map.of(Part.TRANSFORMER, file));
    assertEquals(published, MmditConfigFile.infer(SingleFile.of(single).part(Part.TRANSFORMER)));
  }

  /** All three models have the same text encoders and autoencoder, those of the lists here. */
  @Test
  void encodersAndAutoencoderOfAllThree() throws Exception {
    Listed vae = Listed.read("vae_diffusers");
    Listed clipL = Listed.read("clip_l");
    Listed clipG = Listed.read("clip_g");
    Listed t5 = Listed.read("t5xxl");
    for (SyntheticModel made :
        List.of(
            SyntheticModel.sd35Medium(), SyntheticModel.sd35Large(), SyntheticModel.sd3Medium())) {
      assertEquals(VaeConfigFile.parse(vae.path, vae.config), made.vae());
      assertEquals(ClipTextConfigFile.parse(clipL.path, clipL.config), made.clipL());
      assertEquals(ClipTextConfigFile.parse(clipG.path, clipG.config), made.clipG());
      assertEquals(T5ConfigFile.parse(t5.path, t5.config), made.t5());
    }
    Listed medium = Listed.read("transformer_diffusers");
    assertEquals(
        MmditConfigFile.parse(medium.path, medium.config),
        SyntheticModel.sd35Medium().transformer());
  }

  /** {@code facebook/mask2former-swin-small-coco-instance}, as it is made for rehearsals. */
  @Test
  void detector() throws Exception {
    Listed file = Listed.read("mask2former_swin_s_transformers");
    Mask2FormerConfig published = Mask2FormerConfigFile.parse(file.path, file.config);
    assertEquals(published, SyntheticDetector.swinSmall().config());
    ObjectNode written = Mask2FormerConfigFile.toJson(published);
    assertEquals(published, Mask2FormerConfigFile.parse(file.path, written));
  }

  /** Names and shapes of a published file. */
  private record Listed(Path path, ObjectNode config, Map<String, Shape> shapes)
      implements TensorSource {
    static Listed read(String name) throws IOException, URISyntaxException {
      String resource = "/golden/manifest/" + name + ".json";
      Path path = Path.of(PublishedConfigurationTest.class.getResource(resource).toURI());
      JsonNode json = new ObjectMapper().readTree(path.toFile());
      Map<String, Shape> shapes = new LinkedHashMap<>();
      for (Map.Entry<String, JsonNode> e : json.get("keys").properties()) {
        long[] dims = new long[e.getValue().size()];
        for (int i = 0; i < dims.length; i++) {
          dims[i] = e.getValue().get(i).asLong();
        }
        shapes.put(e.getKey(), Shape.of(dims));
      }
      return new Listed(path, (ObjectNode) json.get("config"), shapes);
    }

    @Override
    public Set<String> names() {
      return shapes.keySet();
    }

    @Override
    public DType dtype(String name) {
      return DType.BF16;
    }

    @Override
    public Shape shape(String name) {
      return shapes.get(name);
    }

    @Override
    public Tensor tensor(String name, Device device) throws InvalidFileException {
      throw new InvalidFileException(path, "lists tensors, but does not contain them");
    }

    @Override
    public void close() {}
  }
}
