package org.diffusionnft.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Map;
import java.util.OptionalInt;
import org.apache.spark.SparkConf;
import org.diffusionnft.tensor.InvalidInputException;
import org.diffusionnft.tensor.ReferenceDevice;
import org.diffusionnft.trainer.config.TrainConfig;
import org.diffusionnft.trainer.run.CrewRequest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What Spark is told, and what of it is refused. */
class SettingsTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          local                     |    | 1
          local[3]                  |    | 3
          local[2,4]                |    | 2
          local-cluster[2,3,1024]   |    | 3
          spark://host:7077         | 16 | 16
          yarn                      |    | 1
          yarn                      | 4  | 4
          k8s://https://host:6443   | 8  | 8
          """)
  void anExecutorDoesOneOrderAtATimeWithAllItsCores(String master, Integer threads, String cores) {
    SparkConf conf = Settings.of(request(master, threads, Map.of()));
    assertEquals(cores, conf.get("spark.executor.cores"));
    assertEquals(cores, conf.get("spark.task.cpus"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          nonsense                | is no master of Spark
          local[x]                | is no master of Spark
          local-cluster[2,0,1024] | cores must be a number of at least 1, not '0'
          spark://host:7077       | say how many cores an executor of spark://host:7077 has
          """)
  void aWrongMasterIsOneSentence(String master, String sentence) {
    InvalidInputException e =
        assertThrows(
            InvalidInputException.class, () -> Settings.of(request(master, null, Map.of())));
    assertTrue(String.valueOf(e.getMessage()).contains(sentence), e.getMessage());
  }

  @Test
  void whatTheUserSaysOfSparkCounts() {
    SparkConf conf =
        Settings.of(
            request(
                "spark://host:7077",
                null,
                Map.of(
                    "spark.executor.cores", "5",
                    "spark.locality.wait", "1s",
                    "spark.executor.extraJavaOptions", "-Dx=y")));
    assertEquals("5", conf.get("spark.task.cpus"));
    assertEquals("1s", conf.get("spark.locality.wait"));
    String flags = conf.get("spark.executor.extraJavaOptions");
    assertTrue(flags.contains("jdk.incubator.vector") && flags.endsWith("-Dx=y"), flags);
  }

  @Test
  void theUserSaysHowLongToWaitForExecutors() {
    assertEquals(60, patience(Map.of()));
    assertEquals(300, patience(Map.of(Settings.PATIENCE, "5min")));
    InvalidInputException e =
        assertThrows(
            InvalidInputException.class, () -> patience(Map.of(Settings.PATIENCE, "soon")));
    assertEquals(
        Settings.PATIENCE + " must be a time such as 90s or 5min, not 'soon'", e.getMessage());
  }

  private static long patience(Map<String, String> settings) {
    return Settings.patience(Settings.of(request("local", null, settings))).toSeconds();
  }

  @Test
  void aFingerprintSaysWhatIsDifferentAndWhere() {
    Fingerprint here = new Fingerprint(Map.of("model", "SHA-256 aa"));
    assertEquals("", here.difference(here, "executor 1 on host", "the run's own process"));
    assertEquals(
        "its model is another: SHA-256 bb on executor 1 on host, but SHA-256 aa on the run's own"
            + " process",
        new Fingerprint(Map.of("model", "SHA-256 bb"))
            .difference(here, "executor 1 on host", "the run's own process"));
  }

  @Test
  void aSetupTravels() throws Exception {
    Setup setup =
        new Setup(
            TrainConfig.official(),
            "vector",
            3,
            "native",
            "/cache",
            Map.of("model", "sd"),
            new Fingerprint(Map.of("Java", "25")));
    assertEquals(setup, Setup.of(setup.toBytes()));
  }

  private static CrewRequest request(String master, Integer threads, Map<String, String> settings) {
    return new CrewRequest(
        master,
        "run",
        settings,
        threads == null ? OptionalInt.empty() : OptionalInt.of(threads),
        false,
        new ReferenceDevice(),
        null);
  }
}
