package org.diffusionnft.weights.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.diffusionnft.models.solver.FlowMatchSchedule;
import org.diffusionnft.models.solver.Spacing;
import org.diffusionnft.weights.io.InvalidFileException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every option of diffusers' scheduler is followed, or refused by name when it is on. */
class SchedulerConfigFileTest {
  private static final String ALL_OFF =
      """
      {"_class_name": "FlowMatchEulerDiscreteScheduler", "_diffusers_version": "0.40.0.dev0",
       "base_image_seq_len": 256, "base_shift": 0.5, "invert_sigmas": false,
       "max_image_seq_len": 4096, "max_shift": 1.15, "num_train_timesteps": 1000, "shift": 3.0,
       "shift_terminal": null, "stochastic_sampling": false, "time_shift_type": "exponential",
       "use_beta_sigmas": false, "use_dynamic_shifting": false, "use_exponential_sigmas": false,
       "use_karras_sigmas": false}
      """;

  @TempDir Path folder;

  @Test
  void whatIsOffChangesNothing() throws IOException {
    assertEquals(FlowMatchSchedule.Config.SD3, read(ALL_OFF));
  }

  @ParameterizedTest
  @CsvSource({"karras, KARRAS", "exponential, EXPONENTIAL", "beta, BETA"})
  void otherSpacingsAreReadAndWritten(String name, Spacing spacing) throws IOException {
    String key = "\"use_" + name + "_sigmas\": ";
    FlowMatchSchedule.Config config = read(ALL_OFF.replace(key + "false", key + "true"));
    assertEquals(new FlowMatchSchedule.Config(1000, 3, spacing), config);
    assertEquals(config, read(SchedulerConfigFile.toJson(config).toString()));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "\"invert_sigmas\": false | \"invert_sigmas\": true | the option 'invert_sigmas'",
        "\"shift_terminal\": null | \"shift_terminal\": 0.02 | the option 'shift_terminal'",
        "\"stochastic_sampling\": false | \"stochastic_sampling\": true | 'stochastic_sampling'",
        "\"use_dynamic_shifting\": false | \"use_dynamic_shifting\": true | 'use_dynamic_shifting'",
        "\"shift_terminal\": null | \"new_one\": \"x\" | 'new_one' of FlowMatchEulerDiscrete",
        "\"use_beta_sigmas\": false | \"use_beta_sigmas\": 1 | true or false under 'use_beta",
        "\"num_train_timesteps\": 1000 | \"num_train_timesteps\": 2147483647 | from 2 to 100000",
        "\"num_train_timesteps\": 1000 | \"num_train_timesteps\": 1 | timesteps is 1 but must be"
            + " from",
        "\"shift\": 3.0 | \"shift\": 1e300 | from 0.0001 to 10000",
        "FlowMatchEulerDiscreteScheduler | DDIMScheduler | has _class_name",
      })
  void optionsThatChangeNumbersAreRefusedByName(String found, String put, String message)
      throws IOException {
    assertTrue(ALL_OFF.contains(found), found);
    InvalidFileException e =
        assertThrows(InvalidFileException.class, () -> read(ALL_OFF.replace(found, put)));
    assertTrue(e.getMessage().contains(message), e.getMessage());
    assertTrue(e.getMessage().startsWith(folder.resolve("s.json") + ": "), e.getMessage());
  }

  @Test
  void twoSpacingsAreRefused() {
    InvalidFileException e =
        assertThrows(
            InvalidFileException.class,
            () ->
                read(
                    ALL_OFF
                        .replace("\"use_beta_sigmas\": false", "\"use_beta_sigmas\": true")
                        .replace("\"use_karras_sigmas\": false", "\"use_karras_sigmas\": true")));
    assertTrue(e.getMessage().contains("more than one of"), e.getMessage());
  }

  private FlowMatchSchedule.Config read(String json) throws IOException {
    return SchedulerConfigFile.read(Files.writeString(folder.resolve("s.json"), json));
  }
}
