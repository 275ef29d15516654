package example;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;

@SpringBootApplication
class Application {
  static void main(String[] arguments) {
    SpringApplication.run(Application.class, arguments);
  }
}
