package org.diffusionnft.tests.fuzz;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every parser of files, on files that were damaged at random: two seconds each, always the same
 * inputs in the same order. A long run is
 *
 * <pre>mvn verify -pl tests -am -Dtest=FuzzTest -Ddnft.fuzz.inputs=1000000 -Ddnft.fuzz.seed=2</pre>
 *
 * <p>An input that is not read as it should be is kept in {@code target/fuzz}.
 */
@Tag("slow")
class FuzzTest {
  private static final long SEED = Long.getLong("dnft.fuzz.seed", 1);
  private static final long INPUTS = Long.getLong("dnft.fuzz.inputs", 0);
  private static final long NANOSECONDS = 2_000_000_000L;

  @TempDir Path temp;

  static Stream<Named<Parser>> parsers() {
    return Parsers.all().stream().map(p -> Named.of(p.name(), p));
  }

  @ParameterizedTest
  @MethodSource("parsers")
  void damagedFilesAreReadOrRefused(Parser parser) throws Exception {
    Fuzzer fuzzer = new Fuzzer(parser, SEED, temp.resolve("damaged"));
    fuzzer.readSeeds();
    long end = System.nanoTime() + NANOSECONDS;
    long i = 0;
    for (; INPUTS > 0 ? i < INPUTS : System.nanoTime() < end; i++) {
      String fault = fuzzer.fault(i);
      if (fault != null) {
        fail(
            "%s, seed %d, input %d, kept in %s: %s"
                .formatted(parser.name(), SEED, i, keep(parser, i, fuzzer.input(i)), fault));
      }
    }
    assertTrue(fuzzer.refused() > i / 10, fuzzer.refused() + " of " + i + " refused");
    System.out.printf("%s: %,d inputs, %,d refused%n", parser.name(), i, fuzzer.refused());
  }

  private static Path keep(Parser parser, long i, Map<String, byte[]> files) throws Exception {
    Path folder = Path.of("target", "fuzz", parser.name().replace(' ', '-') + "-" + SEED + "-" + i);
    Files.createDirectories(folder);
    for (Map.Entry<String, byte[]> e : files.entrySet()) {
      Files.write(folder.resolve(e.getKey()), e.getValue());
    }
    return folder;
  }
}
