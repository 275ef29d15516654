package org.diffusionnft.weights.peft;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import org.diffusionnft.tensor.InvalidInputException;
import org.diffusionnft.weights.io.InvalidFileException;
import org.diffusionnft.weights.io.StrictJson;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TargetedModulesTest {
  private static final Path FILE = Path.of("adapter_config.json");

  /** What PEFT's {@code check_target_module_exists} says. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "'target_modules':['to_q'] | blocks.0.to_q | adapted",
        "'target_modules':['to_q'] | to_q | adapted",
        "'target_modules':['to_q'] | blocks.0.xto_q | target_modules '[to_q]'",
        "'target_modules':['to_q'] | blocks.0.to_k | target_modules",
        "'target_modules':['to_q'] | to_q.0 | target_modules",
        "'target_modules':['0.to_q'] | blocks.0xto_q | target_modules",
        "'target_modules':['blocks.0.to_q'] | blocks.0.to_q | adapted",
        "'target_modules':null | blocks.0.to_q | adapted",
        "'target_modules':[] | blocks.0.to_q | adapted",
        "'target_modules':'.*to_q' | blocks.0.to_q | adapted",
        "'target_modules':'to_q' | blocks.0.to_q | target_modules 'to_q'",
        "'target_modules':'.*0\\\\.to_q' | blocks.1.to_q | target_modules",
        "`'target_modules':'.*to_q|.*to_k'` | blocks.1.to_k | adapted",
        "'target_modules':'All-Linear' | blocks.1.to_k | adapted",
        "'target_modules':['to_q'],'exclude_modules':['1.to_q'] | b.1.to_q | exclude_modules",
        "'target_modules':['to_q'],'exclude_modules':['1.to_q'] | b.2.to_q | adapted",
        "'target_modules':['to_q'],'exclude_modules':'b\\\\.1.*' | b.1.to_q | exclude_modules",
        "'target_modules':['to_q'],'exclude_modules':'1' | b.1.to_q | adapted",
        "'target_modules':'.*','exclude_modules':['to_q'] | b.1.to_q | exclude_modules '[to_q]'",
        "'target_modules':['q'],'layers_to_transform':[0] | m.layers.0.q | adapted",
        "'target_modules':['q'],'layers_to_transform':[0] | m.layers.1.q | layers_to_transform"
            + " '[0]'",
        "'target_modules':['q'],'layers_to_transform':1 | m.layers.1.q | adapted",
        "'target_modules':['q'],'layers_to_transform':[] | m.layers.1.q | adapted",
        "'target_modules':['q'],'layers_to_transform':[1] | m.h.1.e.0.q | adapted",
        "'target_modules':['q'],'layers_to_transform':[0] | m.h.1.e.0.q | layers_to_transform",
        "'target_modules':['q'],'layers_to_transform':[1] | m.q | layers_to_transform",
        "'target_modules':['m.q'],'layers_to_transform':[1] | m.q | adapted",
        "'target_modules':['q'],'layers_to_transform':[0],'layers_pattern':'e' | m.h.1.e.0.q |"
            + " adapted",
        "'target_modules':['q'],'layers_to_transform':[1],'layers_pattern':['x','h'] | m.h.1.q |"
            + " adapted",
        "'target_modules':['q'],'layers_to_transform':[1],'layers_pattern':['x'] | m.h.1.q"
            + " | with layers_pattern '[x]'",
        "'target_modules':['q'],'layers_to_transform':[1],'layers_pattern':'(h)' | m.h.1.q"
            + " | layers_to_transform",
        // PEFT wants a dot before the name of the list of layers
        "'target_modules':['q'],'layers_to_transform':[0],'layers_pattern':'h' | h.0.q"
            + " | layers_to_transform",
      })
  void asPeftFindsThem(String options, String module, String outcome) throws IOException {
    String against = new TargetedModules(config(options)).optionAgainst(module, 2);
    if (outcome.equals("adapted")) {
      assertEquals(null, against);
    } else {
      assertTrue(String.valueOf(against).contains(outcome), against);
    }
  }

  @Test
  void convolutionsAreNotLinear() throws IOException {
    TargetedModules modules = new TargetedModules(config("'target_modules':'all-linear'"));
    assertEquals("target_modules 'all-linear'", modules.optionAgainst("pos_embed.proj", 4));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "'target_modules':'(' | not a regular expression",
        "'exclude_modules':'((x{100}){100}){100}' | is too large",
        "'layers_to_transform':[1],'layers_pattern':'[z-a]' | not a regular expression",
        "'layers_to_transform':'1' | `a list of them, under 'layers_to_transform', not`",
        "'layers_to_transform':[1.5] | under 'layers_to_transform'",
        "'layers_to_transform':[0],'target_modules':'.*' | only beside a list",
        "'exclude_modules':{'a':1} | exclude_modules that are neither a list nor a string",
        "'layers_pattern':[3] | an entry of layers_pattern that is not a string: '3'",
      })
  void whatCannotBeIsRefused(String options, String message) {
    InvalidFileException e = assertThrows(InvalidFileException.class, () -> config(options));
    assertTrue(e.getMessage().contains(message), e.getMessage());
  }

  @Test
  void noPatternNeedsMoreStackThanThereIs() throws IOException {
    TargetedModules modules = new TargetedModules(config("'target_modules':'(a|b)*'"));
    String module = "ab".repeat(500_000);
    InvalidInputException e =
        assertThrows(InvalidInputException.class, () -> modules.optionAgainst(module, 2));
    assertEquals(
        "the pattern '(a|b)*' needs too deep a stack to match: write it simpler", e.getMessage());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "'target_modules':'((a+)+)+$b'",
        "'exclude_modules':'((a+)+)+$b'",
        "'layers_to_transform':[1],'layers_pattern':'((a+)+)+$b'",
      })
  void noPatternTakesForEver(String options) throws IOException {
    TargetedModules modules = new TargetedModules(config(options));
    String module = "x." + "a".repeat(200);
    InvalidInputException e =
        assertThrows(
            InvalidInputException.class,
            () -> {
              for (int i = 0; i < 1000; i++) {
                modules.optionAgainst(module.substring(i % 2 * 2), 2);
              }
            });
    assertTrue(e.getMessage().contains("takes too long to match"), e.getMessage());
  }

  private static PeftConfig config(String options) throws InvalidFileException {
    String json = "{'peft_type':'LORA','r':2,'lora_alpha':2," + options + "}";
    return PeftConfigFile.parse(FILE, StrictJson.parseObject(FILE, "it", json.replace('\'', '"')));
  }
}
