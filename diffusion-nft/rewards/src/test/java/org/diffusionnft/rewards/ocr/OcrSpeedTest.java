package org.diffusionnft.rewards.ocr;

import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.io.IOException;
import java.io.InputStream;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import org.diffusionnft.onnx.OnnxNetwork;
import org.diffusionnft.onnx.value.NdArray;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.DeviceOptions;
import org.diffusionnft.tensor.Devices;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.weights.onnx.OnnxFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * What a picture of 512 by 512 takes beside ONNX Runtime: the network that finds texts and the one
 * that reads a line, on one thread each, in turn, by the processor time of that thread. A
 * measurement, so it is left out unless it is asked for: {@code -Ddnft.speed=true}.
 */
@EnabledIfSystemProperty(named = "dnft.speed", matches = "true")
class OcrSpeedTest {
  private static final int TURNS = 60;
  private static final double MOST = 1.5;

  private interface Run {
    void once() throws OrtException;
  }

  private static double milliseconds(Run run) throws OrtException {
    var threads = ManagementFactory.getThreadMXBean();
    long start = threads.getCurrentThreadCpuTime();
    run.once();
    return (threads.getCurrentThreadCpuTime() - start) * 1e-6;
  }

  /** The medians of the second half of the turns, of ONNX Runtime and of ours. */
  private static double[] measure(String name, long... dims) throws IOException, OrtException {
    byte[] bytes;
    try (InputStream in = OcrSpeedTest.class.getResourceAsStream("/models/" + name)) {
      bytes = in.readAllBytes();
    }
    Shape shape = Shape.of(dims);
    float[] pixels = new float[(int) shape.elements()];
    Random random = new Random(3);
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = (float) random.nextGaussian();
    }
    ByteBuffer model = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    double[] theirs = new double[TURNS];
    double[] ours = new double[TURNS];
    OrtEnvironment environment = OrtEnvironment.getEnvironment();
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions();
        Device device = Devices.open("vector", new DeviceOptions(1))) {
      options.setIntraOpNumThreads(1);
      options.setInterOpNumThreads(1);
      try (OrtSession session = environment.createSession(bytes, options);
          OnnxTensor tensor =
              OnnxTensor.createTensor(environment, FloatBuffer.wrap(pixels), dims)) {
        OnnxNetwork network = OnnxNetwork.of(OnnxFile.parse(Path.of(name), model), device);
        String input = session.getInputNames().iterator().next();
        NdArray given = NdArray.floats(shape, pixels);
        for (int i = 0; i < TURNS; i++) {
          theirs[i] = milliseconds(() -> session.run(Map.of(input, tensor)).close());
          ours[i] = milliseconds(() -> network.run(Map.of(input, given)));
        }
        network.close();
      }
    }
    double[] medians = {median(theirs), median(ours)};
    System.out.printf(
        "%s %s: ONNX Runtime %.1f ms, ours %.1f ms, ratio %.2f%n",
        name, shape, medians[0], medians[1], medians[1] / medians[0]);
    return medians;
  }

  private static double median(double[] times) {
    double[] late = Arrays.copyOfRange(times, times.length / 2, times.length);
    Arrays.sort(late);
    return late[late.length / 2];
  }

  @Test
  void takesAtMostOneAndAHalfTimesOnnxRuntime() throws IOException, OrtException {
    for (String version : new String[] {"v4", "v3"}) {
      double[] find = measure("ch_PP-OCR" + version + "_det_infer.onnx", 1, 3, 512, 512);
      double[] read = measure("ch_PP-OCR" + version + "_rec_infer.onnx", 1, 3, 48, 320);
      double ratio = (find[1] + read[1]) / (find[0] + read[0]);
      System.out.printf("PP-OCR%s, a picture with a line: ratio %.2f%n", version, ratio);
      assertTrue(ratio <= MOST, "PP-OCR" + version + " takes " + ratio + " times as long");
    }
  }
}
