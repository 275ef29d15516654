package org.diffusionnft.weights.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import org.diffusionnft.weights.io.InvalidFileException;
import org.diffusionnft.weights.singlefile.SingleFile.Part;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ModelIndexTest {
  /** Of Stable Diffusion 3.5 as published, with what newer versions of diffusers add. */
  private static final String PUBLISHED =
      """
      {
        "_class_name": "StableDiffusion3Pipeline",
        "_diffusers_version": "0.31.0.dev0",
        "feature_extractor": [null, null],
        "image_encoder": [null, null],
        "scheduler": ["diffusers", "FlowMatchEulerDiscreteScheduler"],
        "text_encoder": ["transformers", "CLIPTextModelWithProjection"],
        "text_encoder_2": ["transformers", "CLIPTextModelWithProjection"],
        "text_encoder_3": ["transformers", "T5EncoderModel"],
        "tokenizer": ["transformers", "CLIPTokenizer"],
        "tokenizer_2": ["transformers", "CLIPTokenizer"],
        "tokenizer_3": ["transformers", "T5TokenizerFast"],
        "transformer": ["diffusers", "SD3Transformer2DModel"],
        "vae": ["diffusers", "AutoencoderKL"]
      }
      """;

  @TempDir Path folder;

  @BeforeEach
  void folders() throws IOException {
    Files.createDirectory(folder.resolve("transformer"));
    Files.createDirectory(folder.resolve("text_encoder_3"));
  }

  @Test
  void allPartsThatHaveAFolder() throws IOException {
    assertEquals(Set.of(Part.TRANSFORMER, Part.T5), parts(PUBLISHED));
  }

  @Test
  void whatIsNullIsNotThere() throws IOException {
    String without = PUBLISHED.replace("\"transformers\", \"T5EncoderModel\"", "null, null");
    assertEquals(Set.of(Part.TRANSFORMER), parts(without));
    try (ModelCheckpoint opened = ModelCheckpoint.open(folder, null)) {
      InvalidFileException e =
          assertThrows(InvalidFileException.class, () -> opened.config(Part.T5));
      assertTrue(
          e.getMessage().contains("model_index.json: says that there is no text_encoder_3"),
          e.getMessage());
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "FlowMatchEulerDiscreteScheduler | FlowMatchHeunDiscreteScheduler"
            + " | only FlowMatchEulerDiscreteScheduler of diffusers is supported",
        "CLIPTokenizer | BertTokenizer | says that 'tokenizer' is of",
        "AutoencoderKL | AutoencoderTiny | says that 'vae' is of",
        "`\"diffusers\", \"AutoencoderKL\"` | `\"mine\", \"AutoencoderKL\"` | says that 'vae' is",
        "`[\"diffusers\", \"AutoencoderKL\"]` | \"AutoencoderKL\" | says that 'vae' is of",
        "T5EncoderModel | UMT5EncoderModel | only T5EncoderModel of transformers is supported",
        "image_encoder\": [null, null] | controlnet\": [\"diffusers\", \"SD3ControlNetModel\"]"
            + " | has the part 'controlnet'",
        "StableDiffusion3Pipeline | FluxPipeline | is of a 'FluxPipeline'",
      })
  void classesThatAreNotUnderstood(String found, String put, String message) throws IOException {
    assertTrue(PUBLISHED.contains(found), found);
    InvalidFileException e =
        assertThrows(InvalidFileException.class, () -> parts(PUBLISHED.replace(found, put)));
    assertTrue(e.getMessage().contains("model_index.json: "), e.getMessage());
    assertTrue(e.getMessage().contains(message), e.getMessage());
  }

  private Set<Part> parts(String index) throws IOException {
    Files.writeString(folder.resolve("model_index.json"), index);
    try (ModelCheckpoint opened = ModelCheckpoint.open(folder, null)) {
      return opened.parts();
    }
  }
}
