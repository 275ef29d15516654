package org.diffusionnft.tests.models;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.diffusionnft.models.clip.ClipModel;
import org.diffusionnft.tensor.Layout;
import org.diffusionnft.tensor.ReferenceDevice;
import org.diffusionnft.tensor.Tensor;
import org.diffusionnft.weights.clip.ClipCheckpoint;
import org.diffusionnft.weights.io.InvalidFileException;
import org.diffusionnft.weights.io.StrictJson;
import org.diffusionnft.weights.safetensors.SafetensorsFile;
import org.diffusionnft.weights.safetensors.SafetensorsWriter;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** CLIP models as transformers and as OpenCLIP write them. */
class ClipCheckpointTest {
  private final ReferenceDevice device = new ReferenceDevice();
  @TempDir Path folder;

  @AfterEach
  void close() {
    device.close();
  }

  private static Path golden(String name) {
    try {
      var url =
          Objects.requireNonNull(
              ClipCheckpointTest.class.getResource("/golden/clip_score/" + name));
      return Path.of(url.toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  private static ObjectNode config() throws IOException {
    return (ObjectNode) StrictJson.readObject(golden("config.json")).path("model_config");
  }

  @Test
  void aFolderOfTransformers() throws IOException {
    Files.copy(golden("weights.safetensors"), folder.resolve("model.safetensors"));
    StrictJson.write(folder.resolve("config.json"), config());
    try (ClipCheckpoint checkpoint = ClipCheckpoint.open(folder)) {
      assertEquals(32, checkpoint.vision().imageSize());
      assertEquals(24, checkpoint.text().hiddenSize());
      try (ClipModel model = checkpoint.load(device)) {
        assertEquals(4.6052, model.logitScale(), 1e-4);
      }
    }
  }

  /** The layout of OpenCLIP, made here of the same weights, gives the same embeddings. */
  @Test
  void openClipsLayoutIsTheSameModel() throws IOException {
    Path theirs = folder.resolve("open_clip.safetensors");
    try (SafetensorsFile ours = SafetensorsFile.open(golden("weights.safetensors"))) {
      SafetensorsWriter.write(theirs, openClip(ours), Map.of());
    }
    long[][] ids = {{2050, 5, 6, 2051}, {2050, 900, 2051, 2051}};
    float[] pixels = new float[2 * 3 * 32 * 32];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = (float) Math.sin(i * 0.37);
    }
    try (ClipCheckpoint a =
            ClipCheckpoint.open(golden("weights.safetensors"), golden("config.json"), config());
        ClipCheckpoint b = ClipCheckpoint.open(theirs, golden("config.json"), config());
        ClipModel first = a.load(device);
        ClipModel second = b.load(device)) {
      assertEquals(first.logitScale(), second.logitScale());
      double[][] texts = first.textEmbeddings(ids);
      assertArrayEquals(texts, second.textEmbeddings(ids));
      Tensor images = Tensor.of(device, pixels, 2, 3, 32, 32);
      assertArrayEquals(first.imageEmbeddings(images), second.imageEmbeddings(images));
    }
  }

  private Map<String, Tensor> openClip(SafetensorsFile ours) throws IOException {
    Map<String, Tensor> out = new LinkedHashMap<>();
    for (String name : ours.names()) {
      Tensor tensor = ours.tensor(name, device);
      String renamed =
          name.replace("text_model.encoder.layers", "transformer.resblocks")
              .replace("vision_model.encoder.layers", "visual.transformer.resblocks")
              .replace("layer_norm1", "ln_1")
              .replace("layer_norm2", "ln_2")
              .replace("mlp.fc1", "mlp.c_fc")
              .replace("mlp.fc2", "mlp.c_proj")
              .replace("self_attn.out_proj", "attn.out_proj")
              .replace("text_model.final_layer_norm", "ln_final")
              .replace("text_model.embeddings.token_embedding", "token_embedding")
              .replace("text_model.embeddings.position_embedding.weight", "positional_embedding")
              .replace("vision_model.embeddings.class_embedding", "visual.class_embedding")
              .replace("vision_model.embeddings.patch_embedding", "visual.conv1")
              .replace(
                  "vision_model.embeddings.position_embedding.weight",
                  "visual.positional_embedding")
              .replace("vision_model.pre_layrnorm", "visual.ln_pre")
              .replace("vision_model.post_layernorm", "visual.ln_post");
      switch (name) {
        case "text_projection.weight" -> out.put("text_projection", Layout.permute(tensor, 1, 0));
        case "visual_projection.weight" -> out.put("visual.proj", Layout.permute(tensor, 1, 0));
        default -> {
          if (name.contains("q_proj")) {
            Tensor keys = ours.tensor(name.replace("q_proj", "k_proj"), device);
            Tensor values = ours.tensor(name.replace("q_proj", "v_proj"), device);
            String stacked =
                renamed
                    .replace("self_attn.q_proj.weight", "attn.in_proj_weight")
                    .replace("self_attn.q_proj.bias", "attn.in_proj_bias");
            out.put(stacked, Layout.concat(0, tensor, keys, values));
          } else if (!name.contains("k_proj") && !name.contains("v_proj")) {
            out.put(renamed, tensor);
          }
        }
      }
    }
    return out;
  }

  @Test
  void otherModelsAreRefusedByName() {
    Path text = golden("../text_encoders/clip_l.safetensors").normalize();
    InvalidFileException e =
        assertThrows(InvalidFileException.class, () -> ClipCheckpoint.open(text));
    assertTrue(
        String.valueOf(e.getMessage()).contains("holds no CLIP model with its image encoder"),
        e.getMessage());
  }
}
