package org.diffusionnft.onnx;

import static org.diffusionnft.onnx.ModelBytes.floats;
import static org.diffusionnft.onnx.ModelBytes.integer;
import static org.diffusionnft.onnx.ModelBytes.model;
import static org.diffusionnft.onnx.ModelBytes.node;
import static org.diffusionnft.onnx.ModelBytes.port;
import static org.diffusionnft.onnx.ModelBytes.tensor;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import org.diffusionnft.onnx.value.NdArray;
import org.diffusionnft.onnx.value.Value;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.DeviceOptions;
import org.diffusionnft.tensor.Devices;
import org.diffusionnft.tensor.InvalidInputException;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.weights.onnx.UnsupportedOnnxException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OnnxNetworkTest {
  @TempDir private Path folder;

  private Path written(ModelBytes model) throws IOException {
    return Files.write(folder.resolve("m.onnx"), model.toBytes());
  }

  /** {@code y = relu(x w + b)} with x [n, 2] and w [2, 3]. */
  private static ModelBytes linear() {
    return new ModelBytes()
        .message(1, node("MatMul", "p", "x", "w"))
        .message(1, node("Add", "s", "p", "b"))
        .message(1, node("Relu", "y", "s"))
        .message(5, tensor("w", 1, floats(1, 2, 3, 4, 5, 6), 2, 3))
        .message(5, tensor("b", 1, floats(0, -100, 1), 3))
        .message(11, port("x", -1, 2))
        .message(12, port("y", -1, 3));
  }

  private String refusal(ModelBytes model) throws IOException {
    Path file = written(model);
    try (Device device = Devices.open("reference", DeviceOptions.defaults())) {
      Exception e = assertThrows(Exception.class, () -> OnnxNetwork.load(file, device));
      assertTrue(e instanceof IOException || e instanceof InvalidInputException, e.toString());
      assertFalse(e.getMessage().contains("\n"), e.getMessage());
      assertTrue(e.getMessage().contains("m.onnx"), e.getMessage());
      return e.getMessage();
    }
  }

  private String problem(ModelBytes model, Map<String, Value> inputs) throws IOException {
    Path file = written(model);
    try (Device device = Devices.open("reference", DeviceOptions.defaults())) {
      OnnxNetwork network = OnnxNetwork.load(file, device);
      long before = device.memory().liveBytes();
      Exception e = assertThrows(InvalidInputException.class, () -> network.run(inputs));
      assertEquals(before, device.memory().liveBytes());
      return e.getMessage();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"reference", "vector"})
  void runsTwiceAndLeavesNothingBehind(String name) throws IOException {
    try (Device device = Devices.open(name, DeviceOptions.defaults())) {
      OnnxNetwork network = OnnxNetwork.load(written(model(17, linear())), device);
      assertEquals("x", network.inputs().getFirst().name());
      NdArray x = NdArray.floats(Shape.of(2, 2), new float[] {1, 1, -1, 0});
      float[] expected = {5, 0, 10, 0, 0, 0};
      NdArray first = assertInstanceOf(NdArray.class, network.run(Map.of("x", x)).get("y"));
      long live = device.memory().liveBytes(); // the weights
      assertTrue(live > 0);
      NdArray second = assertInstanceOf(NdArray.class, network.run(Map.of("x", x)).get("y"));
      assertArrayEquals(expected, first.floats());
      assertArrayEquals(expected, second.floats());
      assertEquals(live, device.memory().liveBytes());
      network.close();
      assertEquals(0, device.memory().liveBytes());
    }
  }

  @Test
  void missingOperatorsAreAllNamedBeforeAnythingRuns() throws IOException {
    ModelBytes graph =
        linear()
            .message(1, node("Bernoulli", "z", "y").text(3, "coin"))
            .message(1, node("MyOwn", "q", "y").text(7, "com.example"));
    String sentence = refusal(model(17, graph));
    assertTrue(sentence.contains("Bernoulli (wanted by node 'coin' (Bernoulli))"), sentence);
    assertTrue(sentence.contains("com.example.MyOwn"), sentence);
  }

  @Test
  void namesOfStrangersStayOnOneLine() throws IOException {
    ModelBytes operator = linear().message(1, node("Coin\nToss", "z", "y"));
    assertTrue(refusal(model(17, operator)).contains("Coin\\u000aToss (wanted by"));
    ModelBytes mode =
        new ModelBytes()
            .message(
                1,
                node("Gelu", "y", "x")
                    .message(
                        5, new ModelBytes().text(1, "approximate").text(4, "a\nb").number(20, 3)))
            .message(11, port("x", -1, 2))
            .message(12, port("y", -1, 2));
    NdArray x = NdArray.floats(Shape.of(1, 2), new float[2]);
    String sentence = problem(model(20, mode), Map.of("x", x));
    assertTrue(sentence.contains("'a\\u000ab'"), sentence);
  }

  @Test
  void newerOperatorSetIsNotSupported() throws IOException {
    assertTrue(refusal(model(99, linear())).contains("operator set 99"));
  }

  @Test
  void graphMustBeSound() throws IOException {
    ModelBytes circle =
        new ModelBytes()
            .message(1, node("Add", "a", "x", "b"))
            .message(1, node("Add", "b", "x", "a"))
            .message(11, port("x", 1))
            .message(12, port("b", 1));
    assertTrue(refusal(model(17, circle)).contains("made after it"));
    ModelBytes nothing =
        new ModelBytes()
            .message(1, node("Add", "a", "x", "ghost"))
            .message(11, port("x", 1))
            .message(12, port("a", 1));
    assertTrue(refusal(model(17, nothing)).contains("'ghost', which nothing makes"));
    ModelBytes twice = linear().message(1, node("Relu", "y", "s"));
    assertTrue(refusal(model(17, twice)).contains("made by two nodes"));
    ModelBytes noOutput = linear().message(12, port("other", 1));
    assertTrue(refusal(model(17, noOutput)).contains("'other'"));
  }

  @Test
  void lyingSizesAreRefused() throws IOException {
    ModelBytes tooLarge = new ModelBytes().message(5, tensor("w", 1, floats(1), 1 << 30, 1 << 30));
    assertTrue(refusal(model(17, tooLarge)).contains("2^31"));
    ModelBytes twoGigabytes =
        new ModelBytes().message(5, tensor("w", 1, floats(1), Integer.MAX_VALUE / 4));
    assertTrue(refusal(model(17, twoGigabytes)).contains("but has 4"));
    ModelBytes negative = new ModelBytes().message(5, tensor("w", 1, floats(1), -1));
    assertTrue(refusal(model(17, negative)).contains("claims the shape"));
    ModelBytes cut = new ModelBytes().number(1, 8).lie(7, 1L << 40);
    assertTrue(refusal(cut).contains("are left"));
    ModelBytes type = new ModelBytes().message(5, tensor("w", 77, floats(1), 1));
    assertTrue(refusal(model(17, type)).contains("element type 77"));
  }

  @Test
  void deepNestingIsRefused() throws IOException {
    ModelBytes graph = new ModelBytes();
    for (int i = 0; i < 100; i++) {
      ModelBytes attribute = new ModelBytes().text(1, "body").message(6, graph).number(20, 5);
      graph = new ModelBytes().message(1, node("If", "y", "c").message(5, attribute));
    }
    assertTrue(refusal(model(17, graph)).contains("deep in each other"));
  }

  private static ModelBytes external(String location, long offset, long length) {
    ModelBytes tensor = new ModelBytes().number(1, 2).number(2, 1).text(8, "w");
    Map<String, String> place =
        Map.of("location", location, "offset", "" + offset, "length", "" + length);
    place.forEach((k, v) -> tensor.message(13, new ModelBytes().text(1, k).text(2, v)));
    return new ModelBytes()
        .message(1, node("Add", "y", "x", "w"))
        .message(5, tensor.number(14, 1))
        .message(11, port("x", 2))
        .message(12, port("y", 2));
  }

  @Test
  void externalDataStaysInItsFolder() throws IOException {
    Files.write(folder.resolve("data.bin"), floats(9, 1, 2));
    try (Device device = Devices.open("reference", DeviceOptions.defaults())) {
      Path file = written(model(17, external("data.bin", 4, 8)));
      OnnxNetwork network = OnnxNetwork.load(file, device);
      NdArray x = NdArray.floats(Shape.of(2), new float[] {10, 20});
      NdArray y = assertInstanceOf(NdArray.class, network.run(Map.of("x", x)).get("y"));
      assertArrayEquals(new float[] {11, 22}, y.floats());
    }
    Path secret = Files.write(folder.getParent().resolve("dnft-outside.bin"), new byte[8]);
    try {
      assertTrue(
          refusal(model(17, external("../dnft-outside.bin", 0, 8))).contains("model's folder"));
      assertTrue(refusal(model(17, external(secret.toString(), 0, 8))).contains("model's folder"));
      Files.createSymbolicLink(folder.resolve("link.bin"), secret);
      assertTrue(refusal(model(17, external("link.bin", 0, 8))).contains("model's folder"));
    } finally {
      Files.delete(secret);
    }
    assertTrue(refusal(model(17, external("data.bin", 8, 8))).contains("which has 12"));
    assertTrue(refusal(model(17, external("data.bin", -1, 8))).contains("no number of bytes"));
    assertTrue(refusal(model(17, external("gone.bin", 0, 8))).contains("no such file"));
    Files.write(folder.resolve("empty.bin"), new byte[0]);
    assertTrue(refusal(model(17, external("empty.bin", 0, 8))).contains("which has 0"));
  }

  @Test
  void externalDataMayBeLargerThanTheFileMay() throws IOException {
    long far = 3L << 30;
    try (FileChannel data =
        FileChannel.open(
            folder.resolve("data.bin"), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      data.write(ByteBuffer.wrap(floats(1, 2)), far); // a hole and eight bytes
    }
    try (Device device = Devices.open("reference", DeviceOptions.defaults())) {
      Path file = written(model(17, external("data.bin", far, 8)));
      OnnxNetwork network = OnnxNetwork.load(file, device);
      NdArray x = NdArray.floats(Shape.of(2), new float[] {10, 20});
      NdArray y = assertInstanceOf(NdArray.class, network.run(Map.of("x", x)).get("y"));
      assertArrayEquals(new float[] {11, 22}, y.floats());
    }
  }

  @Test
  void inputsMustFit() throws IOException {
    NdArray wide = NdArray.floats(Shape.of(1, 3), new float[3]);
    String shape = problem(model(17, linear()), Map.of("x", wide));
    assertTrue(shape.contains("declared with the shape [n1, 2]"), shape);
    assertTrue(problem(model(17, linear()), Map.of()).contains("needs the input 'x'"));
    String type = problem(model(17, linear()), Map.of("x", NdArray.longs(1, 2)));
    assertTrue(type.contains("declared as a tensor of float"), type);
  }

  @Test
  void whatANodeCannotDoIsSaidWithItsName() throws IOException {
    ModelBytes huge =
        new ModelBytes()
            .message(1, node("Expand", "y", "x", "s").text(3, "widen"))
            .message(5, tensor("s", 7, longs(1L << 40), 1))
            .message(11, port("x", 1))
            .message(12, port("y", -1));
    NdArray x = NdArray.floats(Shape.of(1), new float[1]);
    String sentence = problem(model(17, huge), Map.of("x", x));
    assertTrue(sentence.contains("node 'widen' (Expand) would make a tensor"), sentence);
    ModelBytes mixed =
        new ModelBytes()
            .message(1, node("Add", "y", "x", "s"))
            .message(5, tensor("s", 7, longs(1), 1))
            .message(11, port("x", 1))
            .message(12, port("y", 1));
    assertTrue(problem(model(17, mixed), Map.of("x", x)).contains("one element type, not float"));
    ModelBytes axis =
        new ModelBytes()
            .message(1, node("Softmax", "y", "x").message(5, integer("axis", 7)))
            .message(11, port("x", 1))
            .message(12, port("y", 1));
    assertTrue(problem(model(17, axis), Map.of("x", x)).contains("asks for axis 7"));
  }

  private static byte[] longs(long... values) {
    ByteBuffer bytes = ByteBuffer.allocate(8 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    for (long value : values) {
      bytes.putLong(value);
    }
    return bytes.array();
  }

  @Test
  void whatIsSaidTwiceIsRefused() throws IOException {
    ModelBytes alpha = node("LeakyRelu", "z", "y");
    alpha.message(5, integer("alpha", 1)).message(5, integer("alpha", 2));
    assertTrue(refusal(model(17, linear().message(1, alpha))).contains("attributes named 'alpha'"));
    assertTrue(
        refusal(model(17, linear().message(11, port("x", 1)))).contains("two inputs named 'x'"));
    assertTrue(refusal(model(17, linear()).message(7, linear())).contains("two graphs"));
    ModelBytes other = new ModelBytes().number(2, 9);
    String both = refusal(model(17, linear()).message(8, other));
    assertTrue(both.contains("operator set 17 and 9 of ONNX"), both);
    String weight = refusal(model(17, linear().message(1, node("Relu", "w", "y"))));
    assertTrue(weight.contains("makes the value 'w', which the graph has already"), weight);
    String input = refusal(model(17, linear().message(1, node("Relu", "x", "y"))));
    assertTrue(input.contains("makes the value 'x', which the graph has already"), input);
  }

  @Test
  void operatorSetIsNamedAndCountedFromOne() throws IOException {
    assertTrue(refusal(model(0, linear())).contains("counted from 1"));
    assertTrue(refusal(model(-3, linear())).contains("operator set -3 of ONNX"));
    ModelBytes foreign =
        new ModelBytes()
            .message(8, new ModelBytes().text(1, "com.example").number(2, 1))
            .message(7, linear());
    String sentence = refusal(foreign);
    assertTrue(sentence.contains("node 'p' (MatMul) is of an operator set"), sentence);
  }

  private static ModelBytes graphAttribute(String name, ModelBytes graph) {
    return new ModelBytes().text(1, name).message(6, graph).number(20, 5);
  }

  /** The rest of a loop's body: {@code i} and {@code going} are its first inputs. */
  private static ModelBytes body(ModelBytes nodes) {
    return nodes
        .message(1, node("Identity", "on", "going"))
        .message(11, port("i"))
        .message(11, port("going"))
        .message(11, port("s", 1))
        .message(12, port("on"))
        .message(12, port("t", 1));
  }

  /** {@code y} is {@code x} after some rounds of a loop. */
  private static ModelBytes looping(long rounds, ModelBytes body) {
    return new ModelBytes()
        .message(1, node("Loop", "y", "m", "", "x").message(5, graphAttribute("body", body)))
        .message(5, tensor("m", 7, longs(rounds), 1))
        .message(11, port("x", 1))
        .message(12, port("y", 1));
  }

  @Test
  void aBodyMayHideAValueOfTheGraphAroundIt() throws IOException {
    ModelBytes inner =
        body(
            new ModelBytes()
                .message(1, node("Add", "c", "s", "s"))
                .message(1, node("Add", "t", "c", "c")));
    ModelBytes graph = looping(1, inner).message(5, tensor("c", 1, floats(100), 1));
    try (Device device = Devices.open("reference", DeviceOptions.defaults())) {
      OnnxNetwork network = OnnxNetwork.load(written(model(17, graph)), device);
      NdArray x = NdArray.floats(Shape.of(1), new float[] {3});
      NdArray y = assertInstanceOf(NdArray.class, network.run(Map.of("x", x)).get("y"));
      assertArrayEquals(new float[] {12}, y.floats());
    }
  }

  @Tag("slow")
  @Test
  void loopsInLoopsEnd() throws IOException {
    ModelBytes nested = body(new ModelBytes().message(1, node("Identity", "t", "s")));
    for (int i = 0; i < 2; i++) {
      ModelBytes loop = node("Loop", "t", "m", "", "s").message(5, graphAttribute("body", nested));
      nested = body(new ModelBytes().message(1, loop));
    }
    NdArray x = NdArray.floats(Shape.of(1), new float[1]);
    String sentence = problem(model(17, looping(10_000, nested)), Map.of("x", x));
    assertTrue(sentence.contains("run more than 1000000 times"), sentence);
  }

  @Test
  void aLoopsConditionIsATruthValue() throws IOException {
    ModelBytes number =
        new ModelBytes()
            .message(1, node("Identity", "t", "s"))
            .message(11, port("i"))
            .message(11, port("going"))
            .message(11, port("s", 1))
            .message(12, port("s", 1))
            .message(12, port("t", 1));
    NdArray x = NdArray.floats(Shape.of(1), new float[1]);
    String truth = problem(model(17, looping(2, number)), Map.of("x", x));
    assertTrue(truth.contains("needs one truth value"), truth);
  }

  @Test
  void aSmallFileMakesNoLargePlan() throws IOException {
    ModelBytes graph = linear().message(5, tensor("n", 7, longs(1 << 22), 1));
    for (int i = 0; i < 40; i++) {
      graph.message(1, node("ConstantOfShape", "zeros" + i, "n"));
    }
    Runtime runtime = Runtime.getRuntime();
    try (Device device = Devices.open("reference", DeviceOptions.defaults())) {
      System.gc();
      long before = runtime.totalMemory() - runtime.freeMemory();
      OnnxNetwork network = OnnxNetwork.load(written(model(17, graph)), device);
      System.gc();
      long kept = runtime.totalMemory() - runtime.freeMemory() - before;
      assertTrue(kept < 200L << 20, kept + " bytes"); // not 40 times 16 MiB
      NdArray x = NdArray.floats(Shape.of(1, 2), new float[] {1, 1});
      NdArray y = assertInstanceOf(NdArray.class, network.run(Map.of("x", x)).get("y"));
      assertArrayEquals(new float[] {5, 0, 10}, y.floats());
    }
  }

  /** {@code y = operator(x, c)}. */
  private static ModelBytes one(ModelBytes node, ModelBytes c) {
    return new ModelBytes()
        .message(1, node)
        .message(5, c)
        .message(11, port("x", -1, -2, -3, -4))
        .message(12, port("y", -1));
  }

  private static ModelBytes integers(String name, long... values) {
    ModelBytes attribute = new ModelBytes().text(1, name).number(20, 7);
    for (long value : values) {
      attribute.number(8, value);
    }
    return attribute;
  }

  @Test
  void windowsFarLargerThanThePictureAreNoWork() throws IOException {
    ModelBytes node =
        node("AveragePool", "y", "x")
            .message(5, integers("kernel_shape", 40_000, 40_000))
            .message(5, integers("pads", 20_000, 20_000, 20_000, 20_000));
    ModelBytes graph = one(node, tensor("c", 1, floats(0), 1));
    try (Device device = Devices.open("reference", DeviceOptions.defaults())) {
      OnnxNetwork network = OnnxNetwork.load(written(model(17, graph)), device);
      NdArray x = NdArray.floats(Shape.of(1, 1, 2, 2), new float[] {1, 2, 3, 6});
      NdArray y = assertInstanceOf(NdArray.class, network.run(Map.of("x", x)).get("y"));
      assertEquals(Shape.of(1, 1, 3, 3), y.shape());
      assertArrayEquals(new float[] {3, 3, 3, 3, 3, 3, 3, 3, 3}, y.floats());
    }
  }

  @Test
  void sizesThatNoTensorHasAreSaidWithoutJava() throws IOException {
    NdArray x = NdArray.floats(Shape.of(1, 1, 2, 2), new float[4]);
    ModelBytes pads = tensor("c", 7, longs(Long.MAX_VALUE, 0, 0, 0, Long.MIN_VALUE, 0, 0, 0), 8);
    String pad = problem(model(18, one(node("Pad", "y", "x", "c"), pads)), Map.of("x", x));
    assertTrue(pad.contains("pads axis 0 with 9223372036854775807 and -9223"), pad);
    ModelBytes empty =
        one(node("Reshape", "y", "x", "c"), tensor("c", 1, new byte[0], 0, 1L << 33));
    assertTrue(refusal(model(18, empty)).contains("claims the shape [0, 8589934592]"));
    ModelBytes range = one(node("Range", "y", "c", "c", "c"), tensor("c", 7, new byte[0], 0));
    assertTrue(refusal(model(18, range)).contains("needs one number as input 1"));
    ModelBytes size = node("LRN", "y", "x").message(5, integer("size", -4));
    String lrn = problem(model(18, one(size, tensor("c", 1, floats(0), 1))), Map.of("x", x));
    assertTrue(lrn.contains("size -4, which must be at least 1"), lrn);
    ModelBytes scales = tensor("c", 1, floats(1, 1, 1e-8f, 1), 4);
    ModelBytes resize =
        node("Resize", "y", "x", "roi", "c")
            .message(5, new ModelBytes().text(1, "mode").text(4, "linear").number(20, 3))
            .message(5, integer("antialias", 1))
            .message(
                5,
                new ModelBytes()
                    .text(1, "coordinate_transformation_mode")
                    .text(4, "tf_crop_and_resize")
                    .number(20, 3));
    ModelBytes crop =
        one(resize, scales).message(5, tensor("roi", 1, floats(0, 0, 0, 0, 1, 1, 1e9f, 1), 8));
    String small = problem(model(18, crop), Map.of("x", x));
    assertTrue(small.contains("nothing is left of an axis of 2 elements"), small);
  }

  @Test
  void otherFilesAreNamedForWhatTheyAre() throws IOException {
    Path file = folder.resolve("m.onnx");
    Files.writeString(file, "<!DOCTYPE html><html>");
    try (Device device = Devices.open("reference", DeviceOptions.defaults())) {
      Exception e = assertThrows(IOException.class, () -> OnnxNetwork.load(file, device));
      assertTrue(e.getMessage().contains("web page"), e.getMessage());
      assertThrows(
          UnsupportedOnnxException.class,
          () ->
              OnnxNetwork.load(written(model(17, linear()).message(25, new ModelBytes())), device));
    }
  }
}
