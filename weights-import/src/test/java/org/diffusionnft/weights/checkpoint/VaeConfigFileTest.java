package org.diffusionnft.weights.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.diffusionnft.models.vae.VaeConfig;
import org.diffusionnft.weights.io.InvalidFileException;
import org.diffusionnft.weights.io.StrictJson;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class VaeConfigFileTest {
  private static final Path FILE = Path.of("config.json");
  private static final VaeConfig CONFIG =
      new VaeConfig(3, 16, List.of(32, 64), 1, 32, 1.5305, 0.0609);

  @Test
  void whatIsWrittenComesBack() throws IOException {
    assertEquals(CONFIG, VaeConfigFile.parse(FILE, VaeConfigFile.toJson(CONFIG)));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "\"AutoencoderKL\" | \"AutoencoderTiny\" | has _class_name '\"AutoencoderTiny\"', but only",
        "[\"DownEncoderBlock2D\",\"DownEncoderBlock2D\"] | [\"DownEncoderBlock2D\"]"
            + " | has down_block_types '[\"DownEncoderBlock2D\"]', but only",
        "[\"DownEncoderBlock2D\",\"DownEncoderBlock2D\"] | \"DownEncoderBlock2D\""
            + " | has down_block_types",
        "[\"UpDecoderBlock2D\", | [\"AttnUpDecoderBlock2D\", | has up_block_types",
        "\"latents_mean\":null | \"latents_mean\":[1] | the option 'latents_mean'",
        "\"scaling_factor\":1.5305 | \"scaling_factor\":1e-300 | json: scaling_factor is 1.0E-300"
            + " but",
        "\"shift_factor\":0.0609 | \"shift_factor\":1e300 | config.json: shift_factor is 1.0E300"
            + " but",
        "\"use_quant_conv\":false | \"use_quant_conv\":true | with use_quant_conv",
      })
  void whatIsNotSupportedIsNamed(String found, String put, String message) throws IOException {
    String json = VaeConfigFile.toJson(CONFIG).toString();
    assertTrue(json.contains(found), json);
    InvalidFileException e =
        assertThrows(
            InvalidFileException.class,
            () ->
                VaeConfigFile.parse(
                    FILE, StrictJson.parseObject(FILE, "it", json.replace(found, put))));
    assertTrue(e.getMessage().contains(message), e.getMessage());
  }
}
