package example;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.diffusionnft.images.Pixels;
import org.diffusionnft.images.Png;
import org.diffusionnft.pipeline.PictureModel;
import org.diffusionnft.pipeline.PictureRequest;
import org.diffusionnft.pipeline.PictureSampler;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.DeviceOptions;
import org.diffusionnft.tensor.Devices;

/**
 * Makes pictures with a model that stays open, as a service would: several threads share one
 * sampler.
 *
 * <pre>java --add-modules jdk.incubator.vector -jar library.jar MODEL OUT SIDE PROMPT...</pre>
 */
public final class MakePictures {
  private MakePictures() {}

  public static void main(String[] arguments) throws Exception {
    Path out = Files.createDirectories(Path.of(arguments[1]));
    int side = Integer.parseInt(arguments[2]);
    List<String> prompts = List.of(arguments).subList(3, arguments.length);
    try (Device device = Devices.openDefault(DeviceOptions.defaults());
        PictureModel model = PictureModel.open(Path.of(arguments[0]), device);
        ExecutorService threads = Executors.newFixedThreadPool(4)) {
      PictureSampler sampler = new PictureSampler(model);
      System.out.println("device: " + device.name());
      List<Callable<Path>> calls =
          IntStream.range(0, prompts.size())
              .<Callable<Path>>mapToObj(
                  i -> {
                    PictureRequest request =
                        PictureRequest.of(prompts.get(i))
                            .withWidth(side)
                            .withHeight(side)
                            .withSteps(4)
                            .withSeed(1);
                    return () -> {
                      Pixels picture = sampler.pictures(request).getFirst();
                      return Files.write(out.resolve(i + ".png"), Png.encode(picture));
                    };
                  })
              .toList();
      for (Future<Path> picture : threads.invokeAll(calls)) {
        System.out.println(picture.get());
      }
    }
  }
}
