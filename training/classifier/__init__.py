"""Both pairs' classifiers: what people think of a face."""
