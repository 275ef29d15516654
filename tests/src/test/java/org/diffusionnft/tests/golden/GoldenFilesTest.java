package org.diffusionnft.tests.golden;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.diffusionnft.tensor.ReferenceDevice;
import org.diffusionnft.tensor.Tensor;
import org.diffusionnft.weights.safetensors.SafetensorsFile;
import org.diffusionnft.weights.safetensors.SafetensorsWriter;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Files of PyTorch's savers, read and written again, keep every byte. */
class GoldenFilesTest {
  @TempDir Path folder;

  static List<Path> files() throws IOException {
    try (Stream<Path> all = Files.walk(GoldenCasesTest.golden())) {
      return all.filter(f -> f.toString().endsWith(".safetensors"))
          .map(GoldenCasesTest.golden()::relativize)
          .sorted()
          .toList();
    }
  }

  @ParameterizedTest
  @MethodSource("files")
  void writtenAgainItHasTheSameBytes(Path name) throws IOException {
    Path original = GoldenCasesTest.golden().resolve(name);
    Path copy = folder.resolve("copy.safetensors");
    try (ReferenceDevice device = new ReferenceDevice();
        SafetensorsFile file = SafetensorsFile.open(original)) {
      Map<String, Tensor> tensors = new LinkedHashMap<>();
      for (String tensor : List.copyOf(file.names()).reversed()) {
        tensors.put(tensor, file.tensor(tensor, device));
      }
      assertTrue(!tensors.isEmpty(), "the file is empty");
      SafetensorsWriter.write(copy, tensors, file.metadata());
    }
    assertEquals(-1, Files.mismatch(original, copy));
  }
}
