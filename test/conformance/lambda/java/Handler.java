// The function of ../java.test.ts. Handler.class is what
//   javac --release 8 -cp runtimes/java/lib/aws-lambda-java-core-1.4.0.jar -d . Handler.java
// made of this with JDK 17, so that the test needs no compiler.
import com.amazonaws.services.lambda.runtime.Context;
import java.net.HttpURLConnection;
import java.net.URL;
import java.util.LinkedHashMap;
import java.util.Map;

public class Handler {
    private int calls = 0;

    public Map<String, Object> handle(Map<String, Object> event, Context context) throws Exception {
        context.getLogger().log("asked to " + event.get("do"));
        if ("fail".equals(event.get("do"))) throw new IllegalStateException("as asked");
        if ("exit".equals(event.get("do"))) System.exit(3);
        Map<String, Object> answer = new LinkedHashMap<>();
        if ("fetch".equals(event.get("do"))) {
            URL url = new URL((String) event.get("url"));
            answer.put("status", ((HttpURLConnection) url.openConnection()).getResponseCode());
            return answer;
        }
        answer.put("event", event);
        answer.put("calls", ++calls);
        answer.put("function", context.getFunctionName());
        answer.put("memory", context.getMemoryLimitInMB());
        answer.put("remaining", context.getRemainingTimeInMillis() > 0);
        answer.put("heap", Runtime.getRuntime().maxMemory() < 512L * 1024 * 1024);
        answer.put("variable", System.getenv("NAME"));
        answer.put("environment", System.getenv("AWS_EXECUTION_ENV"));
        return answer;
    }

    public String upper(String event) {
        return event.toUpperCase();
    }
}
